import type { ErrorCode } from '../errors.ts'
import type { Entry } from '../ledger/entry.ts'
import type { Money } from '../money/money.ts'
import type { Advance } from './advance.ts'
import type { TransferEvent } from './event.ts'
import type { Step, TimerKind } from './input.ts'
import type { PoolChange } from './pool-changes.ts'
import type { Source } from './state.ts'
import type { Transfer } from './transfer.ts'
import type { WaitKind } from './wait.ts'

/** A wish to cause one external effect; the key follows from transfer, step, attempt and the day of creation. */
export type IntentWish = { readonly step: Step; readonly attempt: number }

/**
 * What happened to an earlier wish, as far as this step knows. `WITHDRAWN`: from here on it is only asked about. `REINSTATED`: it is wished for
 * again after all, under its key.
 */
export type IntentChange = IntentWish & {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'UNKNOWN' | 'IN_FLIGHT' | 'WITHDRAWN' | 'REINSTATED'
}

/** `null` clears the timer. */
export type TimerChange = { readonly kind: TimerKind; readonly dueAtMs: number | null }

/** `null` ends the wait for a fact's finality. */
export type WaitChange = { readonly kind: WaitKind; readonly on: { readonly fact: string; readonly blockNumber: bigint } | null }

/** What an event asks for. */
export type Effects = {
  readonly intents: readonly IntentWish[]
  readonly entries: readonly Entry[]
  readonly timers: readonly TimerChange[]
  readonly waits: readonly WaitChange[]
  /** What becomes of its reservation. `restore`: what was consumed is in the pool again. */
  readonly liquidity?: 'reserve' | 'consume' | 'free' | 'restore'
}

/** All that one input does to one transfer. It is committed whole or not at all. */
export type Decision = Omit<Effects, 'entries'> & {
  /** The transfer as it will be. */
  readonly after: Transfer
  readonly events: readonly {
    readonly version: number
    readonly from: Source
    readonly to: Source
    readonly event: TransferEvent
  }[]
  readonly intentChanges: readonly IntentChange[]
  /** What its entries make of the pools that stand for our accounts. */
  readonly pools?: readonly PoolChange[]
  /** By how much more, or less, the customer owes us: what its entries put on the receivable account. */
  readonly receivables?: readonly Money[]
  /** What its tenant is lent for it from here on; null: nothing any more. */
  readonly advance?: Advance | null
  /** Each entry with the version of the event that books it. */
  readonly entries: readonly { readonly version: number; readonly entry: Entry }[]
}

/** The input changes nothing, and that is right: a duplicate, or news that came too late to matter. */
export type Ignored = {
  readonly ignored: string
  /** It has overtaken what it follows from: news of a chain come again until that is known, or can no longer be. */
  readonly early?: true
  /** It is a timer that came before its time: when it is to come again. */
  readonly againAtMs?: number
}

/** What an input means in a transfer's state, as events and as news about earlier intents; the effects follow from the events. */
export type Reading =
  | { readonly events: readonly TransferEvent[]; readonly intentChanges?: readonly IntentChange[] }
  | Ignored
  | Refusal

/** Somebody asked for what the transfer's state does not allow. */
export type Refusal = { readonly refusal: ErrorCode; readonly detail: string }
