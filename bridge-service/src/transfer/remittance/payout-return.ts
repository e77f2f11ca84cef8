import type { RailFact } from '../../rails/rail.ts'
import type { Reading } from '../decision.ts'
import { rawCodeOf, type TransferEvent } from '../event.ts'
import { changed, happened, nothing } from '../reading.ts'
import { type Reversal, readReturnedAgain, wasReversed } from '../return-order.ts'
import { isServed } from '../review-end.ts'
import type { TransferOf } from '../transfer.ts'

type Transfer = TransferOf<'remittance'>

/** What the partner has paid out has come back to him. */
export const readPayoutReturn = ({ state, progress }: Transfer, fact: RailFact): Reading => {
  const { payout, committed } = progress
  if (wasReversed(payout, fact)) return nothing('the bank has taken that back')
  if (payout?.returned) return readReturnedAgain(payout, fact, 'payoutReturnedAgain')
  const returned: TransferEvent = { type: 'payoutReturned', rawCode: rawCodeOf(fact), at: fact.at }
  const failed = changed('payoutFiat', 'FAILED')
  switch (state) {
    case 'payingOut':
      // The settlement's news was overtaken by the return's: the money is back with the partner, as if it had never left.
      return happened([returned, { type: 'compensationStarted', reason: 'payout_returned' }], failed)
    case 'releasing':
    case 'released':
      return happened([returned], failed)
    case 'completed':
      return happened([returned, { type: 'receivableOpened' }], failed)
    case 'review':
      return committed ? happened([returned], failed) : nothing('nothing was paid out')
    case 'refunding':
    case 'refunded':
    case 'crediting':
    case 'compensated':
      // Settled although it was refused, and a settlement that is still to be told of must find that it has come back.
      return payout?.refused ? happened([returned], failed) : nothing('nothing was paid out')
    default:
      return nothing('nothing was paid out')
  }
}

/**
 * The bank takes the return back, so the customer's payee has been paid after all. Where the hold goes to the partner, all is as if nothing had
 * come back. Where it comes back to us it may do so whatever we wish, since what is signed can be mined for ever: then a person decides how the
 * partner gets what he has paid, and a credit that is wished for is only asked about.
 */
export const readStandingAgain = (transfer: Transfer, reversed: Reversal): Reading => {
  const { route, state, progress } = transfer
  const { debit, payout, attempts } = progress
  const stands = { ...progress, payout: { settled: true, reversedAt: reversed.at } } as const
  const isOver = state === 'review' && payout?.settled && !debit?.returned && isServed({ route, progress: stands })
  return happened(
    [reversed, ...(isOver ? [{ type: 'receivableClosed' } as const] : [])],
    changed('payoutFiat', 'SUCCEEDED'),
    ...(state === 'refunding' ? [changed('refundEscrow', 'FAILED', attempts.refund)] : []),
  )
}
