import { account } from '../../ledger/chart.ts'
import { move, type Posting } from '../../ledger/entry.ts'
import { fromJson } from '../../money/money.ts'
import type { TransferEvent } from '../event.ts'
import type { Depositing } from './depositing.ts'

/** What an event of the customer's own escrow books. Until it is final it is nobody's but his, and stands nowhere. */
export const depositPostings = ({ state, terms, progress }: Depositing, event: TransferEvent): Posting[] => {
  const { deposit } = progress
  const { chain, committedBy } = terms.deposit
  const paid = fromJson(terms.sourceAmount)
  const customer = account.customerClearing(paid.currency)
  const escrow = account.escrow(chain, paid.currency)
  const treasury = account.treasury(chain, paid.currency)
  const claimed = committedBy === 'balance'

  switch (event.type) {
    case 'depositFinalized':
      return move(customer, escrow, paid)
    case 'depositOrphaned':
      // Final by this transfer's policy and gone all the same.
      return deposit?.booked ? move(escrow, customer, paid) : []
    case 'commitFinalized':
      return claimed ? move(escrow, treasury, paid) : []
    case 'depositReleaseFinalized':
      return claimed ? [] : move(escrow, treasury, paid)
    case 'depositRefundFinalized':
      if (!deposit?.booked) return []
      return move(claimed && progress.committed ? treasury : escrow, customer, paid)
    case 'depositClawedBack': {
      const held = deposit?.booked ? escrow : customer
      // What the customer gets for it is on its way, or his: then it is our claim on the issuer, or our loss.
      const loser = state === 'payingOut' || state === 'collecting' ? account.exposure(chain, paid.currency) : customer
      return held === loser ? [] : move(held, loser, paid)
    }
    case 'receivableOpened':
      // What was paid for a deposit that is not ours; a payout that came back is no claim on anybody, nor a deposit that is.
      return progress.payout?.returned || state === 'completed' ? [] : move(customer, account.receivable(paid.currency), paid)
    default:
      return []
  }
}
