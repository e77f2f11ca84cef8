import type { IntentChange, IntentWish, Reading, TimerChange } from './decision.ts'
import type { TransferEvent } from './event.ts'
import type { Input } from './input.ts'
import { changed, happened, nothing } from './reading.ts'
import { type Source, type State, terminalStates } from './state.ts'
import type { Patience } from './terms.ts'
import type { Progress, Transfer, Unborn } from './transfer.ts'

/**
 * How long a transfer may stand where it stands. One durable timer, `patience`, is due when the time for its present phase is over, or the
 * time for the whole of it, whichever comes first. Nothing is ever given up because of it: a debit is called back once, where the bank
 * still can, and else a person is told, with the money held where it is.
 */
type Phase = Exclude<keyof Patience, 'transferMs'>

const phases: { readonly [S in State]?: Phase } = {
  debiting: 'debitMs',
  locking: 'inclusionMs',
  committing: 'inclusionMs',
  releasing: 'inclusionMs',
  collecting: 'inclusionMs',
  refunding: 'inclusionMs',
  refundingDeposit: 'inclusionMs',
  deposited: 'finalityMs',
  locked: 'finalityMs',
  committed: 'finalityMs',
  released: 'finalityMs',
  collected: 'finalityMs',
  refunded: 'finalityMs',
  refundedDeposit: 'finalityMs',
  payingOut: 'payoutMs',
  inTransit: 'payoutMs',
  crediting: 'payoutMs',
}

const reasons = {
  debitMs: 'debit_overdue',
  inclusionMs: 'chain_transaction_overdue',
  finalityMs: 'finality_overdue',
  payoutMs: 'payout_overdue',
} as const satisfies Record<Phase, AttentionReason>

/** Nobody waits for anything of it any more, or a person does already. */
const isOver = (state: Source): boolean => state === 'review' || terminalStates.some(end => end === state)

/** The timer as a step leaves it; undefined where it stays as it is. What was made before there was patience has none. */
export const patienceAfter = (before: Transfer | Unborn, after: Transfer, nowMs: number): TimerChange | undefined => {
  const { patience, createdAt } = after.terms
  if (patience === undefined) return undefined
  if (isOver(after.state)) return isOver(before.state) ? undefined : { kind: 'patience', dueAtMs: null }
  const { attention, debit } = after.progress
  if (
    before.state === after.state &&
    before.progress.attention === attention &&
    before.progress.debit?.calledBack === debit?.calledBack
  )
    return undefined
  // Somebody was told, and is told again only when it has moved and stands still anew.
  if (attention !== undefined) return { kind: 'patience', dueAtMs: null }
  const phase = phases[after.state]
  const wholeAtMs = Date.parse(createdAt) + patience.transferMs
  return { kind: 'patience', dueAtMs: phase === undefined ? wholeAtMs : Math.min(nowMs + patience[phase], wholeAtMs) }
}

/** The timer has come. `nowMs` is database time. */
export const readPatience = ({ state, progress, terms }: Transfer, nowMs: number): Reading => {
  const { patience, createdAt } = terms
  if (patience === undefined || progress.attention !== undefined || isOver(state)) return nothing('nobody has to be told')
  const { debit } = progress
  if (state === 'debiting' && debit?.bankTransferId !== undefined && !debit.calledBack)
    return happened([{ type: 'debitCalledBack', bankTransferId: debit.bankTransferId }])
  const phase = phases[state]
  // The timer is due by the database's own clock, which ours follows at some distance: only a phase's time can be meant while it runs.
  const isWhole = phase === undefined || nowMs >= Date.parse(createdAt) + patience.transferMs
  const late = state === 'inTransit' ? 'arrival_overdue' : reasons[phase!]
  return happened([attention(isWhole ? 'transfer_overdue' : late, nowMs)])
}

const attention = (why: AttentionReason, nowMs: number): TransferEvent => ({
  type: 'attentionRequired',
  why,
  since: new Date(nowMs).toISOString(),
})

/** What the bank's statement says is not what was ordered. The machine goes on by what the bank has said of the order itself. */
export const readMismatch = ({ state, progress }: Transfer, nowMs: number): Reading =>
  isOver(state) || progress.attention?.why === 'statement_mismatch'
    ? nothing('a person has it')
    : happened([attention('statement_mismatch', nowMs)])

/** The bank would not take the debit back: it may still settle, so it is waited for, and a person is told. */
export const readNoCallBack = (
  { state, progress }: Transfer,
  { attempt }: Extract<Input, { type: 'intentRefused' }>,
  nowMs: number,
): Reading => {
  if (state !== 'debiting' || !progress.debit?.calledBack) return nothing('the debit is over')
  return happened(
    [progress.attention ? { type: 'attentionRequired', ...progress.attention } : attention('debit_overdue', nowMs)],
    changed('cancelDebit', 'FAILED', attempt),
  )
}

/** Why a person must look; a line of the runbook each. */
export const attentionReasons = [
  'debit_overdue',
  'chain_transaction_overdue',
  'finality_overdue',
  'payout_overdue',
  'arrival_overdue',
  'transfer_overdue',
  'statement_mismatch',
] as const

export type AttentionReason = (typeof attentionReasons)[number]

/** The wish to call a debit back. */
export const callBack: IntentWish = { step: 'cancelDebit', attempt: 0 }

/** The debit has been decided, and with it whether it was called back in time. */
export const endOfCallBack = (before: Transfer | Unborn, after: Transfer): readonly IntentChange[] => {
  if (before.state !== 'debiting' || after.state === 'debiting' || !before.progress.debit?.calledBack) return []
  return [changed('cancelDebit', after.state === 'failed' ? 'SUCCEEDED' : 'FAILED')]
}

/** A person's attention ends when the transfer moves on, but for one that took too long as a whole: that one until its end. */
export const attentionAfter = ({ attention }: Progress, state: State): Progress['attention'] =>
  attention?.why === 'transfer_overdue' && !isOver(state) ? attention : undefined
