import { account } from '../../ledger/chart.ts'
import { move, type Posting } from '../../ledger/entry.ts'
import { fromJson } from '../../money/money.ts'
import { cashOf } from '../cash.ts'
import type { TransferEvent } from '../event.ts'
import type { TransferOf } from '../transfer.ts'
import { hasLeft } from './standing.ts'

/** What each bank says is booked on our account there; between the two the money is in transit, or is there before it has left. */
export const rebalancePostings = ({ terms, progress }: TransferOf<'rebalance'>, event: TransferEvent): Posting[] => {
  const amount = fromJson(terms.sourceAmount)
  const [from, to] = [cashOf(terms.source), cashOf(terms.destination)]
  const transit = account.inTransit(amount.currency)
  switch (event.type) {
    case 'payoutSettled':
      return move(from, transit, amount)
    case 'payoutReturned':
      // What came and went before we heard of it was never booked.
      return hasLeft(progress) ? move(transit, from, amount) : []
    case 'payoutReturnReversed':
      return hasLeft(progress) ? [] : move(from, transit, amount)
    case 'moneyArrived':
      return move(transit, to, amount)
    case 'arrivalReversed':
      return move(to, transit, amount)
    default:
      return []
  }
}
