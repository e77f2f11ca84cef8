import type { RailFact } from '../../rails/rail.ts'
import type { Reading } from '../decision.ts'
import { abandoned, turnBack } from '../deposit/depositing.ts'
import { rawCodeOf, type TransferEvent } from '../event.ts'
import { changed, happened, nothing } from '../reading.ts'
import { type Reversal, readReturnedAgain, wasReversed } from '../return-order.ts'
import type { TransferOf } from '../transfer.ts'

type Transfer = TransferOf<'offramp'>

/** What was paid out has come back. */
export const readPayoutReturn = ({ state, progress }: Transfer, fact: RailFact): Reading => {
  const { payout } = progress
  if (wasReversed(payout, fact)) return nothing('the bank has taken that back')
  if (payout?.returned) return readReturnedAgain(payout, fact, 'payoutReturnedAgain')
  const returned: TransferEvent = { type: 'payoutReturned', rawCode: rawCodeOf(fact), at: fact.at }
  const failed = changed('payoutFiat', 'FAILED')
  switch (state) {
    case 'payingOut':
      // The news of its settlement is still to come, and then it will not count: the money is where it was.
      return happened([returned, ...turnBack(progress, 'payout_returned')], failed, ...abandoned(progress))
    case 'completed':
      // The deposit is ours, so his fiat is the customer's: a person must find a way to him.
      return happened([returned, { type: 'receivableOpened' }], failed)
    case 'collecting':
    case 'collected':
    case 'review':
      return happened([returned], failed)
    case 'refundingDeposit':
    case 'refundedDeposit':
    case 'compensated':
    case 'failed':
      // Settled although it was refused, and a settlement that is still to be told of must find that it has come back.
      return payout?.settled || payout?.refused ? happened([returned], failed) : nothing('nothing was paid out')
    default:
      return nothing('nothing was paid out')
  }
}

/**
 * The bank takes the return back, so the customer has his fiat after all. Where his deposit is to be ours, all is as if nothing had come back.
 * Where it goes back to him it goes on doing so: what gives it back is signed, and could be mined for ever beside whatever we did instead. He
 * is served twice then, and owes what he got.
 */
export const readStandingAgain = (transfer: Transfer, reversed: Reversal): Reading => {
  const done = changed('payoutFiat', 'SUCCEEDED')
  switch (transfer.state) {
    case 'compensated':
    case 'failed':
      return happened([reversed, { type: 'receivableOpened' }], done)
    case 'review':
      return happened([reversed, ...whatIsLeft(transfer)], done)
    default:
      return happened([reversed], done)
  }
}

/** What becomes of a person's case by the reversal of a return, unless he has closed its books, or has given the money to the customer. */
const whatIsLeft = ({ progress, terms }: Transfer): TransferEvent[] => {
  const { deposit, payout, resolution, refunds } = progress
  // What was still to settle when its issuer took the deposit is his case for that reason.
  if (!payout?.settled || payout.withdrawn || payout.owed || resolution !== undefined) return []
  const isOurs = deposit?.clawedBack || deposit?.release || terms.deposit.committedBy === 'balance'
  if (!isOurs || deposit?.refunded) return [{ type: 'receivableOpened' }]
  return refunds === undefined ? [{ type: 'receivableClosed' }] : []
}
