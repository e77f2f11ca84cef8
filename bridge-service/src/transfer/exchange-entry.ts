import { account } from '../ledger/chart.ts'
import { move, type Posting } from '../ledger/entry.ts'
import { fromJson, type Money, subtract } from '../money/money.ts'
import type { PriceTerms } from './terms.ts'

/** Two accounts of the ledger: where the customer's money stands until it is exchanged, and where what he gets for it is taken from. */
export type ExchangeAccounts = { readonly customer: string; readonly delivery: string }

/**
 * Both legs of an exchange at its locked rate, with the fee and what rounding left over, whatever the route. Nets to zero per currency; an
 * amount of nothing makes lines of nothing, which are not to be booked. Afterwards nothing of the transfer is left on `customer`.
 */
export const exchangePostings = (terms: PriceTerms, accounts: ExchangeAccounts): Posting[] => {
  const fee = fromJson(terms.fee)
  return [
    ...movesOf(terms, accounts).flatMap(({ from, to, amount }) => move(from, to, amount)),
    ...move(account.feeIncome(fee.currency), accounts.customer, fee),
  ]
}

/** The exchange taken back, but for the fee: `customer` holds the rest of his money again, and `delivery` what he did not get after all. */
export const undoExchangePostings = (terms: PriceTerms, accounts: ExchangeAccounts): Posting[] =>
  movesOf(terms, accounts).flatMap(({ from, to, amount }) => move(to, from, amount))

const movesOf = (
  terms: PriceTerms,
  { customer, delivery }: ExchangeAccounts,
): { readonly from: string; readonly to: string; readonly amount: Money }[] => {
  const net = subtract(fromJson(terms.sourceAmount), fromJson(terms.fee))
  const delivered = fromJson(terms.destinationAmount)
  // What was priced before residues were kept left them in the exchange.
  const residue = fromJson(terms.residue ?? { currency: net.currency, minor: '0' })
  const [bought, sold] = [account.exchange(net.currency), account.exchange(delivered.currency)]
  const rounding = account.rounding(residue.currency)
  const delivering = { from: delivery, to: sold, amount: delivered }
  // The customer has paid more than what he gets is worth, or has bought more than he asked for.
  return residue.currency === net.currency
    ? [
        delivering,
        { from: bought, to: customer, amount: subtract(net, residue) },
        { from: rounding, to: customer, amount: residue },
      ]
    : [delivering, { from: bought, to: customer, amount: net }, { from: rounding, to: sold, amount: residue }]
}
