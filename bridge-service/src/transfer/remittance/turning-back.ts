import type { RailFact } from '../../rails/rail.ts'
import { ifNothingWasCredited } from '../credit.ts'
import type { IntentChange, Reading } from '../decision.ts'
import { rawCodeOf, type TransferEvent } from '../event.ts'
import { changed, happened, nothing } from '../reading.ts'
import type { TransferOf } from '../transfer.ts'

type Transfer = TransferOf<'remittance'>
type Progress = Transfer['progress']

/**
 * What was signed once can be mined for ever: who has wished for the refund of a lock that a reorg took never goes forward with it again, though
 * the debit's return be reversed. Unlike a release, a payout is nothing that the refund could exclude.
 */
export const reasonToTurnBack = ({ cancelReason, debit, attempts }: Progress): string | undefined => {
  if (debit?.returned !== undefined) return 'debit_returned'
  return cancelReason ?? (attempts.refund > 0 ? 'refund_wished' : undefined)
}

/** A refund may overtake a commit that is still on its way, which nobody asks for any more. */
export const withoutCommit = ({ state, progress }: Transfer): IntentChange[] =>
  state === 'committing' ? [changed('commitEscrow', 'FAILED', progress.attempts.commit)] : []

/** The bank takes the customer's debit back: before the payout that is the end of the transfer, later it is a receivable. */
export const readReturn = (transfer: Transfer, fact: RailFact): Reading => {
  const { state, progress } = transfer
  const returned = (afterPivot: boolean): TransferEvent => ({
    type: 'debitReturned',
    rawCode: rawCodeOf(fact),
    afterPivot,
    at: fact.at,
  })
  switch (state) {
    case 'locking':
    case 'refunding':
    case 'refunded':
      return happened([returned(false)])
    case 'locked':
    case 'clearing':
    case 'committing':
    case 'committed':
      return happened([returned(false), { type: 'compensationStarted', reason: 'debit_returned' }], ...withoutCommit(transfer))
    case 'payingOut':
    case 'releasing':
    case 'released':
    case 'crediting':
    case 'compensated':
      return happened([returned(true)])
    case 'completed':
      return happened([returned(true), { type: 'receivableOpened' }])
    case 'review':
      return progress.debit === undefined
        ? nothing('no money of this debit is here')
        : happened([returned(true), ...ifNothingWasCredited(progress)])
    default:
      return nothing('no money of this debit is here')
  }
}

export const readCancel = (transfer: Transfer, reason: string): Reading => {
  if (transfer.progress.cancelReason !== undefined) return nothing('asked before')
  switch (transfer.state) {
    case 'requested':
      return happened([{ type: 'transferCanceled', reason }], changed('screen', 'FAILED'))
    case 'debiting':
    case 'locking':
      // The bank or the chain is still to answer: what it says decides how to turn back.
      return happened([{ type: 'cancelRequested', reason }])
    case 'locked':
    case 'clearing':
    case 'committing':
    case 'committed':
      return happened(
        [
          { type: 'cancelRequested', reason },
          { type: 'compensationStarted', reason },
        ],
        ...withoutCommit(transfer),
      )
    default:
      return { refusal: 'transfer_not_cancelable', detail: transfer.state }
  }
}
