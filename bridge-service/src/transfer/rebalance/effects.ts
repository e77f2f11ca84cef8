import { none } from '../asking.ts'
import type { Effects } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import type { TransferOf } from '../transfer.ts'
import { rebalancePostings } from './entries.ts'
import { hasLeft } from './standing.ts'

/** What an event of a rebalance between two banks asks for. */
export const rebalanceEffects = (before: TransferOf<'rebalance'>, event: TransferEvent): Effects => {
  const postings = rebalancePostings(before, event)
  const liquidity = liquidityOf(before, event)
  return {
    ...none,
    intents: wishesOf(event),
    entries: postings.length > 0 ? [{ kind: event.type, postings }] : [],
    ...(liquidity === undefined ? {} : { liquidity }),
  }
}

const wishesOf = ({ type }: TransferEvent): Effects['intents'] => {
  if (type === 'transferRequested') return [{ step: 'screen', attempt: 0 }]
  return type === 'liquidityReserved' ? [{ step: 'payoutFiat', attempt: 0 }] : []
}

/** The promise is of the account that pays; what has left it once, and comes back, was promised to nobody. */
const liquidityOf = ({ progress }: TransferOf<'rebalance'>, event: TransferEvent): Effects['liquidity'] => {
  const { payout } = progress
  const isRedeemed = payout?.settled || payout?.refused || payout?.returned
  switch (event.type) {
    case 'liquidityReserved':
      return 'reserve'
    case 'payoutSettled':
    case 'payoutReturnReversed':
      return isRedeemed ? undefined : 'consume'
    case 'payoutRefused':
      return 'free'
    case 'payoutReturned':
      if (!isRedeemed) return 'free'
      return hasLeft(progress) && !payout?.refused && payout?.reversedAt === undefined ? 'restore' : undefined
    default:
      return undefined
  }
}
