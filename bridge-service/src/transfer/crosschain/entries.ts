import { account } from '../../ledger/chart.ts'
import { move, type Posting } from '../../ledger/entry.ts'
import { money } from '../../money/money.ts'
import type { TransferEvent } from '../event.ts'
import { exchangePostings, undoExchangePostings } from '../exchange-entry.ts'
import { isMinted } from '../terms.ts'
import type { TransferOf } from '../transfer.ts'

/**
 * What the treasury's part of a crosschain transfer books: tokens move when the chain is final, and stand as a hold until then. `isFreed`
 * says that nothing will be locked any more. The deposit's part is the same on every route that has one.
 */
export const holdPostings = (before: TransferOf<'crosschain'>, event: TransferEvent, isFreed: boolean): Posting[] => {
  const { terms, progress } = before
  const { chain } = terms
  const amount = money(terms.hold.currency, BigInt(terms.hold.amountMinor))
  const customer = account.customerClearing(terms.source.currency)
  // What is minted into the escrow is owed from then on to whoever holds it; what is burned on its way back no longer is.
  const funds = isMinted(terms) ? account.issued(chain, amount.currency) : account.treasury(chain, amount.currency)
  const escrow = account.escrow(chain, amount.currency)
  const unhold = move(escrow, funds, amount, 'pending')

  switch (event.type) {
    case 'liquidityReserved':
    case 'mintPlanned':
      return move(funds, escrow, amount, 'pending')
    case 'lockFinalized':
      return [...unhold, ...move(funds, escrow, amount)]
    case 'releaseFinalized':
      return exchangePostings(terms, { customer, delivery: escrow })
    case 'refundFinalized':
      return progress.lockBooked ? move(escrow, funds, amount) : unhold
    case 'escrowClawedBack': {
      // What we had minted ourselves is owed to nobody any more; what was the treasury's is now a claim on its issuer.
      const lost = isMinted(terms) ? funds : account.exposure(chain, amount.currency)
      return progress.lockBooked ? move(escrow, lost, amount) : [...unhold, ...move(funds, lost, amount)]
    }
    case 'deliveryReclaimed':
      // The delivery undone, but for the fee: we owe the customer his money again, and a person decides how he gets it.
      return undoExchangePostings(terms, { customer, delivery: funds })
    default:
      return isFreed ? unhold : []
  }
}
