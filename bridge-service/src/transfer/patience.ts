import type { IntentChange, IntentWish, Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'
import type { Input } from './input.ts'
import { isPatient, looksAgainAtMs, type Phase, phaseOf, wholeAtMs } from './patience-timer.ts'
import { changed, happened, nothing } from './reading.ts'
import { type Source, type State, terminalStates } from './state.ts'
import type { Progress, Transfer, Unborn } from './transfer.ts'

/**
 * How long a transfer may stand where it stands. One durable timer, `patience`, comes when the time for its present phase is over, or the time
 * for the whole of it, and perhaps earlier (see patience-timer.ts). Nothing is ever given up because of it: a debit is called back once, where
 * the bank still can, and else a person is told, with the money held where it is.
 */
const reasons = {
  debitMs: 'debit_overdue',
  inclusionMs: 'chain_transaction_overdue',
  finalityMs: 'finality_overdue',
  payoutMs: 'payout_overdue',
} as const satisfies Record<Phase, AttentionReason>

/** Nobody waits for anything of it any more, or a person does already. */
const isOver = (state: Source): boolean => state === 'review' || terminalStates.some(end => end === state)

/** The timer has come. `nowMs` is database time. */
export const readPatience = (transfer: Transfer, nowMs: number): Reading => {
  const { state, progress, terms } = transfer
  if (terms.patience === undefined || !isPatient(transfer)) return nothing('nobody has to be told')
  const againAtMs = looksAgainAtMs(transfer, terms.patience, nowMs)
  if (againAtMs !== undefined) return { ignored: 'it has not taken too long yet', againAtMs }
  const { debit } = progress
  if (state === 'debiting' && debit?.bankTransferId !== undefined && !debit.calledBack)
    return happened([{ type: 'debitCalledBack', bankTransferId: debit.bankTransferId }])
  const phase = phaseOf(transfer)
  // The timer is due by the database's own clock, which ours follows at some distance: only a phase's time can be meant while it runs.
  const isWhole = phase === undefined || nowMs >= wholeAtMs(transfer, terms.patience)
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
