import { account } from '../../ledger/chart.ts'
import { move, type Posting } from '../../ledger/entry.ts'
import { fromJson, subtract } from '../../money/money.ts'
import type { TransferEvent } from '../event.ts'
import type { TransferOf } from '../transfer.ts'

/** What the bank's part of an off-ramp books: fiat moves when the bank says so. The deposit's is the same on every route that has one. */
export const payoutPostings = ({ state, terms, progress }: TransferOf<'offramp'>, event: TransferEvent): Posting[] => {
  const paid = fromJson(terms.sourceAmount)
  const fee = fromJson(terms.fee)
  const delivered = fromJson(terms.destinationAmount)
  const customer = account.customerClearing(paid.currency)
  const bankCash = account.bankCash(delivered.currency)
  const [bought, sold] = [account.exchange(paid.currency), account.exchange(delivered.currency)]

  switch (event.type) {
    case 'payoutSettled':
      return [
        ...move(bankCash, sold, delivered),
        ...move(bought, customer, subtract(paid, fee)),
        ...move(account.feeIncome(fee.currency), customer, fee),
      ]
    case 'payoutReturned':
      if (!progress.payout?.settled) return []
      // The deposit goes back, so nothing was exchanged after all.
      if (state === 'refundingDeposit' || state === 'refundedDeposit')
        return [
          ...move(sold, bankCash, delivered),
          ...move(customer, bought, subtract(paid, fee)),
          ...move(customer, account.feeIncome(fee.currency), fee),
        ]
      // The deposit is ours: what came back is the customer's.
      return move(account.customerClearing(delivered.currency), bankCash, delivered)
    default:
      return []
  }
}
