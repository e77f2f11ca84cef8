import type { ChainId } from '../chains/chain.ts'
import type { Currency } from '../money/currency.ts'

/** The chart of accounts: every account has one currency, which its id names. */
export const account = {
  /** What one bank owes us on our account in one currency: must equal its statement. */
  bankCash: (rail: string, currency: Currency) => `bank_cash:${rail}:${currency}`,
  /** Customers' money between debit and delivery: zero at rest. */
  customerClearing: (currency: Currency) => `customer_clearing:${currency}`,
  treasury: (chain: ChainId, currency: Currency) => `treasury:${chain}:${currency}`,
  /** Must equal the escrow contract's total. */
  escrow: (chain: ChainId, currency: Currency) => `escrow:${chain}:${currency}`,
  /** What we owe to whoever holds the tokens that we mint: negative, and as much as was minted and not burned. */
  issued: (chain: ChainId, currency: Currency) => `issued:${chain}:${currency}`,
  /** Our position between the two legs of an exchange. */
  exchange: (currency: Currency) => `exchange:${currency}`,
  feeIncome: (currency: Currency) => `fee_income:${currency}`,
  /** What rounding left over in whole minor units: ours, and in sight (docs/adr/0011). */
  rounding: (currency: Currency) => `rounding:${currency}`,
  /** What customers owe us after a return that came too late to roll back. */
  receivable: (currency: Currency) => `receivable:${currency}`,
  /** What a person has given up. */
  writtenOff: (currency: Currency) => `written_off:${currency}`,
  /** What customers owed and nobody will pay: a loss that a person has accepted. */
  badDebt: (currency: Currency) => `bad_debt:${currency}`,
  /** What issuers have taken out of our escrows: a claim on them, or a loss. */
  exposure: (chain: ChainId, currency: Currency) => `exposure:${chain}:${currency}`,
  /** What we owe the partner who pays out in a currency, from the payout until the release of his hold: zero at rest. */
  payoutPartner: (currency: Currency) => `payout_partner:${currency}`,
  /** Our own money between two of our banks: zero at rest. */
  inTransit: (currency: Currency) => `in_transit:${currency}`,
  equity: (currency: Currency) => `equity:${currency}`,
} as const

export type AccountKind = 'asset' | 'liability' | 'income' | 'expense' | 'equity' | 'clearing'

export type AccountDefinition = {
  readonly id: string
  readonly kind: AccountKind
  readonly currency: Currency
  readonly shards: number
}

/** Accounts that every transfer touches are split, so that writers of different connections never queue on one row. */
const hot = 16

/** Where money is kept. `partners` are the currencies that others pay out for us. */
export type Places = {
  readonly banks?: readonly { readonly rail: string; readonly currency: Currency }[]
  readonly partners?: readonly Currency[]
  readonly tokens?: readonly { readonly chain: ChainId; readonly currency: Currency }[]
}

/** All accounts that the given places need. */
export const chartFor = ({ banks = [], partners = [], tokens = [] }: Places): AccountDefinition[] => {
  const each = (currency: Currency): AccountDefinition[] => [
    { id: account.customerClearing(currency), kind: 'clearing', currency, shards: hot },
    { id: account.exchange(currency), kind: 'equity', currency, shards: hot },
    { id: account.feeIncome(currency), kind: 'income', currency, shards: hot },
    { id: account.rounding(currency), kind: 'income', currency, shards: hot },
    { id: account.writtenOff(currency), kind: 'expense', currency, shards: 1 },
    { id: account.receivable(currency), kind: 'asset', currency, shards: 1 },
    { id: account.badDebt(currency), kind: 'expense', currency, shards: 1 },
    { id: account.equity(currency), kind: 'equity', currency, shards: 1 },
  ]
  const definitions = [
    ...banks.map(({ rail, currency }) => ({
      ...{ id: account.bankCash(rail, currency), kind: 'asset' as const, currency, shards: hot },
    })),
    ...[...banks.map(({ currency }) => currency), ...partners].flatMap(currency => [
      { id: account.payoutPartner(currency), kind: 'clearing' as const, currency, shards: hot },
      { id: account.inTransit(currency), kind: 'clearing' as const, currency, shards: 1 },
      ...each(currency),
    ]),
    ...tokens.flatMap(({ chain, currency }) => [
      { id: account.treasury(chain, currency), kind: 'asset' as const, currency, shards: hot },
      { id: account.escrow(chain, currency), kind: 'asset' as const, currency, shards: hot },
      { id: account.issued(chain, currency), kind: 'liability' as const, currency, shards: hot },
      { id: account.exposure(chain, currency), kind: 'asset' as const, currency, shards: 1 },
      // Of routes that begin on a chain.
      { id: account.customerClearing(currency), kind: 'clearing' as const, currency, shards: hot },
      { id: account.receivable(currency), kind: 'asset' as const, currency, shards: 1 },
      ...each(currency),
    ]),
  ]
  return [...new Map(definitions.map(definition => [definition.id, definition])).values()]
}
