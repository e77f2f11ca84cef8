import type { SubmitAnswer } from './answer.ts'
import type { ClosedLedger } from './closed-ledger.ts'
import type { JournalRecord } from './journal.ts'
import type { LedgerState } from './ledger/state.ts'

export type StellarNetworkOptions = {
  readonly passphrase: string
  /** Close time of the genesis ledger, Unix seconds. */
  readonly genesisTime: number
  /** Sequence number of the genesis ledger; default 1. */
  readonly genesisLedger?: number
  readonly baseFee?: number
  /** Stroops; default 5,000,000. */
  readonly baseReserve?: number
  /** Operations that a ledger takes; default 1,000. */
  readonly maxTxSetSize?: number
  /** What a ledger is expected to take: an envelope must still be valid after two of them. Default 5. */
  readonly expectedCloseSeconds?: number
  /** Whose habits: those of today's core (default), or those of the core 19.0.0 whose answers were recorded. */
  readonly core?: 'current' | 'v19'
  /** What a network before this one went through: it is gone through again and ends in the same hashes. */
  readonly journal?: readonly JournalRecord[]
  /** Every step from now on, as it is taken: to be kept, and given back as `journal`. */
  readonly onRecord?: (record: JournalRecord) => void
  /** Where complaints go; default `console.warn`. */
  readonly log?: (line: string) => void
}

/** A Stellar network of one node, in memory: deterministic, without a clock of its own. */
export type StellarNetwork = {
  readonly passphrase: string
  /** A base64 TransactionEnvelope; the immediate answer of the queue. */
  readonly submit: (envelope: string) => SubmitAnswer
  /** Closes the next ledger at this Unix second (whole, not before the last). `order` forces the order of application (hashes). */
  readonly close: (closeTime: number, options?: { order?: readonly string[] }) => ClosedLedger
  /** Closed ledgers from the genesis on. */
  readonly ledgers: readonly ClosedLedger[]
  readonly last: () => ClosedLedger
  readonly bySequence: (sequence: number) => ClosedLedger | undefined
  readonly state: LedgerState
  /** Hashes of what waits in the queue. */
  readonly pending: () => string[]
  /** Forgets a queued transaction without a trace, as a node does that loses its memory. False when it was not there. */
  readonly drop: (hash: string) => boolean
  /** What validators vote for; in force from the next ledger to be closed on. */
  readonly upgrade: (changes: Upgrade) => void
}

export type Upgrade = { readonly baseFee?: number; readonly baseReserve?: number; readonly maxTxSetSize?: number }
