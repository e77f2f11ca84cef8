import type { RailFact } from '../rails/rail.ts'
import type { Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'
import { changed, happened, nothing } from './reading.ts'
import { wasReturnedSince, wasReversed } from './return-order.ts'
import { isPaidBack, isServed } from './review-end.ts'
import type { TransferOf } from './transfer.ts'

type Debiting = TransferOf<'onramp'> | TransferOf<'remittance'>

/** It has come back: out of our books, or before anything of it was booked. */
export const isReturned = ({ state, progress: { debit, failure } }: Debiting): boolean =>
  debit?.returned !== undefined || (state === 'failed' && failure?.code === 'debit_returned')

/**
 * The bank takes a return back, so the debit's money is ours after all (NACHA: a dishonoured return; SEPA: a reversed refund claim). A
 * transfer on its way goes on as if nothing had come back; one that has ended pays the customer, or stops claiming from him.
 * `settle` is the debit's settlement, for a bank whose earlier news have all been overtaken.
 */
export const readReturnReversal = (transfer: Debiting, fact: RailFact, settle: () => TransferEvent): Reading => {
  const { state, progress } = transfer
  const { debit } = progress
  if (wasReversed(debit, fact)) return nothing('known before')
  if (wasReturnedSince(debit, fact)) return nothing('it has been returned again since')
  const reversed: TransferEvent = { type: 'debitReturnReversed', at: fact.at }
  switch (state) {
    case 'requested':
    case 'screened':
    case 'canceled':
      return nothing('there is no debit')
    case 'debiting': {
      const turnBack = progress.cancelReason
      return happened(
        [settle(), reversed, ...(turnBack === undefined ? [] : [{ type: 'compensationStarted', reason: turnBack } as const])],
        changed('debitFiat', 'SUCCEEDED'),
      )
    }
    case 'failed':
      return happened([settle(), reversed])
    case 'compensated':
      // Nothing was credited, since the bank had given it back itself: now it is our turn.
      return happened(debit?.returned === undefined ? [reversed] : [reversed, { type: 'creditOwed' }])
    case 'review':
      return happened([reversed, ...(isWithdrawn(transfer) ? [{ type: 'creditOwed' } as const] : whatReviewWasFor(transfer))])
    default:
      return happened([reversed])
  }
}

/** The return is all that keeps the credit from being paid. */
const isWithdrawn = ({ progress: { debit, credit, payout, refunds } }: Debiting): boolean =>
  debit?.returned === 'afterPivot' &&
  credit?.withdrawn === true &&
  !(credit.settled || credit.refused || credit.returned || payout?.settled || refunds !== undefined)

/** Where the late return was all that a person had to see to, nothing is left for him. */
const whatReviewWasFor = (transfer: Debiting): TransferEvent[] => {
  const { route, progress } = transfer
  const { debit, credit, payout, wishes } = progress
  if (debit?.returned !== 'afterPivot') return []
  if (credit === undefined) return isServed(transfer) ? [{ type: 'receivableClosed' }] : []
  // Of a remittance only where our own refund has ended the hold: from a wish for it on no payout is asked for.
  const isTurnedBack = route === 'onramp' || (progress.holdEnded && wishes?.refund !== undefined && (!payout || payout.refused))
  return isTurnedBack && isPaidBack(transfer) ? [{ type: 'transferCompensated' }] : []
}
