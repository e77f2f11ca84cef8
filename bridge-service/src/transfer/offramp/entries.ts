import { account } from '../../ledger/chart.ts'
import { move, type Posting } from '../../ledger/entry.ts'
import { fromJson } from '../../money/money.ts'
import { cashOf } from '../cash.ts'
import type { TransferEvent } from '../event.ts'
import { exchangePostings, undoExchangePostings } from '../exchange-entry.ts'
import type { State } from '../state.ts'
import type { TransferOf } from '../transfer.ts'

/** The deposit is the customer's, whatever the bank does: what it paid out is one of the two too many. */
const givesBack: readonly State[] = ['refundingDeposit', 'refundedDeposit', 'compensated', 'failed']

/** What the bank's part of an off-ramp books: fiat moves when the bank says so. The deposit's is the same on every route that has one. */
export const payoutPostings = ({ state, terms, progress }: TransferOf<'offramp'>, event: TransferEvent): Posting[] => {
  const paid = fromJson(terms.sourceAmount)
  const fee = fromJson(terms.fee)
  const delivered = fromJson(terms.destinationAmount)
  const customer = account.customerClearing(paid.currency)
  const bankCash = cashOf(terms.destination)
  const accounts = { customer, delivery: bankCash }

  switch (event.type) {
    case 'payoutSettled':
      return exchangePostings(terms, accounts)
    case 'payoutReturned':
      if (!progress.payout?.settled) return []
      // The deposit goes back, so nothing was exchanged after all.
      if (givesBack.includes(state))
        return [...undoExchangePostings(terms, accounts), ...move(customer, account.feeIncome(fee.currency), fee)]
      // The deposit is ours: what came back is the customer's.
      return move(account.customerClearing(delivered.currency), bankCash, delivered)
    case 'payoutReturnReversed': {
      const { settled, returned } = progress.payout ?? {}
      if (!returned) return []
      // Where nothing had been exchanged, or no longer was, it is now.
      return !settled || givesBack.includes(state)
        ? exchangePostings(terms, accounts)
        : move(bankCash, account.customerClearing(delivered.currency), delivered)
    }
    case 'transferFailed':
      // What stood as our claim on the issuer is the customer's loss, since he was not paid for it.
      return move(account.exposure(terms.deposit.chain, paid.currency), customer, paid)
    default:
      return []
  }
}
