import type { RailFact } from '../rails/rail.ts'
import type { Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'
import { changed, happened, nothing } from './reading.ts'
import type { Progress, TransferOf } from './transfer.ts'

type Debiting = TransferOf<'onramp'> | TransferOf<'remittance'>

/** A return that the bank has taken back since: its news were overtaken by the reversal's. */
export const wasReversed = ({ debit }: Progress, returned: RailFact): boolean =>
  debit?.reversedAt !== undefined && !(Date.parse(returned.at) > Date.parse(debit.reversedAt))

/** It has come back: out of our books, or before anything of it was booked. */
export const isReturned = ({ state, progress: { debit, failure } }: Debiting): boolean =>
  debit?.returned !== undefined || (state === 'failed' && failure?.code === 'debit_returned')

/** What came back cannot come back once more, unless the bank had it taken back between: the last of its words is to stand. */
export const readReturnedAgain = ({ debit }: Progress, returned: RailFact): Reading =>
  Date.parse(returned.at) > Date.parse(debit?.returnedAt ?? returned.at)
    ? happened([{ type: 'debitReturnedAgain', at: returned.at }])
    : nothing('returned before')

/**
 * The bank takes a return back, so the debit's money is ours after all (NACHA: a dishonoured return; SEPA: a reversed refund claim). A
 * transfer on its way goes on as if nothing had come back; one that has ended pays the customer, or stops claiming from him.
 * `settle` is the debit's settlement, for a bank whose earlier news have all been overtaken.
 */
export const readReturnReversal = (transfer: Debiting, fact: RailFact, settle: () => TransferEvent): Reading => {
  const { state, progress } = transfer
  const { debit } = progress
  if (wasReversed(progress, fact)) return nothing('known before')
  if (debit?.returnedAt !== undefined && Date.parse(fact.at) < Date.parse(debit.returnedAt))
    return nothing('it has been returned again since')
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
const whatReviewWasFor = ({ route, progress }: Debiting): TransferEvent[] => {
  const { debit, credit, payout, wishes } = progress
  if (debit?.returned !== 'afterPivot') return []
  // Of a remittance only where our own refund has ended the hold: from a wish for it on no payout is asked for.
  const isTurnedBack = route === 'onramp' || (progress.holdEnded && wishes?.refund !== undefined && (!payout || payout.refused))
  if (credit !== undefined)
    return credit.settled && !credit.returned && !payout?.settled && progress.release === undefined && isTurnedBack
      ? [{ type: 'transferCompensated' }]
      : []
  const isDelivered = progress.release !== undefined && progress.holdEnded && !progress.deliveryReclaimed
  const isPaidOut = route === 'onramp' || (payout?.settled && !payout.returned)
  return isDelivered && isPaidOut ? [{ type: 'receivableClosed' }] : []
}
