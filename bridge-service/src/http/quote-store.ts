import type { Pool } from 'pg'
import { fromJson, type MoneyJson, toJson } from '../money/money.ts'
import type { QuoteId, TransferId } from '../transfer/id.ts'
import type { BankLeg, ChainLeg, Terms } from '../transfer/terms.ts'
import type { Order } from './order.ts'

/** What was promised: an order with its price. Plain JSON. */
export type QuoteTerms = {
  readonly source: BankLeg
  readonly destination: ChainLeg
  readonly sourceAmount: MoneyJson
  readonly fee: MoneyJson
  readonly destinationAmount: MoneyJson
  readonly rate: Terms['rate']
}

export type Quote = {
  readonly id: QuoteId
  readonly terms: QuoteTerms
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The transfer that used it. */
  readonly transferId: TransferId | null
}

export const quoteTermsOf = ({ source, destination, price }: Order): QuoteTerms => ({
  source,
  destination,
  sourceAmount: toJson(price.sourceAmount),
  fee: toJson(price.fee),
  destinationAmount: toJson(price.destinationAmount),
  rate: {
    from: price.rate.from,
    to: price.rate.to,
    numerator: price.rate.numerator.toString(),
    denominator: price.rate.denominator.toString(),
  },
})

export const orderOf = ({ source, destination, sourceAmount, fee, destinationAmount, rate }: QuoteTerms): Order => ({
  source,
  destination,
  price: {
    sourceAmount: fromJson(sourceAmount),
    fee: fromJson(fee),
    destinationAmount: fromJson(destinationAmount),
    rate: { ...rate, numerator: BigInt(rate.numerator), denominator: BigInt(rate.denominator) },
  },
})

export const findQuote = async (pool: Pool, tenant: string, id: string): Promise<Quote | undefined> => {
  const { rows } = await pool.query<Quote>({
    name: 'find_quote',
    text: `select id, terms, created_at as "createdAt", expires_at as "expiresAt", transfer_id as "transferId"
             from quotes where id = $1 and tenant = $2`,
    values: [id, tenant],
  })
  return rows[0]
}

/** Keeps a quote; for `answerOnce`, whose values come first. */
export const insertQuote = (tenant: string, { id, terms, createdAt, expiresAt }: Quote) => ({
  name: 'quote',
  sql: `insert into quotes (id, tenant, terms, created_at, expires_at)
        select $8::text, $9::text, $10::jsonb, $11::timestamptz, $12::timestamptz from claimed`,
  values: [id, tenant, JSON.stringify(terms), createdAt, expiresAt],
})
