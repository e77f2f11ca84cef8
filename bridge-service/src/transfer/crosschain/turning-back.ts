import type { IntentChange, Reading } from '../decision.ts'
import { readDepositCancel } from '../deposit/cancel.ts'
import { abandoned, whenRefunded } from '../deposit/depositing.ts'
import type { TransferEvent } from '../event.ts'
import { happened, nothing } from '../reading.ts'
import type { TransferOf } from '../transfer.ts'

type Transfer = TransferOf<'crosschain'>
type Progress = Transfer['progress']

/** A deposit that went back leaves nothing to deliver for. */
export const reasonToTurnBack = ({ cancelReason, deposit }: Progress): string | undefined =>
  deposit?.refund ? 'deposit_refunded' : cancelReason

/** As soon as the treasury's escrow is known to stand. */
export const ifToTurnBack = (progress: Progress): TransferEvent[] => {
  const reason = reasonToTurnBack(progress)
  return reason === undefined ? [] : [{ type: 'compensationStarted', reason }]
}

/** Nothing is left of the treasury's escrow, so the deposit goes back, unless it has. */
export const ended = (progress: Progress, event: TransferEvent, ...changes: IntentChange[]): Reading =>
  happened([event, ...whenRefunded(progress.deposit)], ...changes, ...abandoned(progress))

export const readCancel = (transfer: Transfer, reason: string): Reading => {
  const { state, progress } = transfer
  if (progress.cancelReason !== undefined) return nothing('asked before')
  // The chain is still to answer: what it says decides how to turn back.
  if (state === 'locking') return happened([{ type: 'cancelRequested', reason }])
  if (state !== 'locked') return readDepositCancel(transfer, reason)
  return happened([
    { type: 'cancelRequested', reason },
    { type: 'compensationStarted', reason },
  ])
}
