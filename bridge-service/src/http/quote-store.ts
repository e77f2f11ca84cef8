import type { Pool } from 'pg'
import { priceTermsOf } from '../policy/price-terms.ts'
import type { Price } from '../policy/pricing.ts'
import type { QuoteId, TransferId } from '../transfer/id.ts'
import type { BankLeg, ChainLeg, Leg, PriceTerms } from '../transfer/terms.ts'

/** Where the money will come from; a wallet does not say which account. */
export type QuotedSource = BankLeg | Omit<BankLeg, 'account'>

/** What was promised: an order with its price. Plain JSON. */
export type QuoteTerms = PriceTerms & {
  readonly source: QuotedSource | ChainLeg
  readonly destination: Leg
  /** As a wallet named it, if it did. */
  readonly sellDeliveryMethod?: string
}

export type Quote = {
  readonly id: QuoteId
  readonly terms: QuoteTerms
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The transfer that used it. */
  readonly transferId: TransferId | null
}

export const quoteTermsOf = (legs: Pick<QuoteTerms, 'source' | 'destination'>, price: Price): QuoteTerms => ({
  source: legs.source,
  destination: legs.destination,
  ...priceTermsOf(price),
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

/** A wallet's quote, for its user only. */
export const findWalletQuote = async (pool: Pool, tenant: string, subject: string, id: string): Promise<Quote | undefined> => {
  const { rows } = await pool.query<Quote>({
    name: 'find_wallet_quote',
    text: `select id, terms, created_at as "createdAt", expires_at as "expiresAt", transfer_id as "transferId"
             from quotes where id = $1 and tenant = $2 and subject = $3`,
    values: [id, tenant, subject],
  })
  return rows[0]
}

export const insertWalletQuote = async (pool: Pool, tenant: string, subject: string, quote: Quote): Promise<void> => {
  await pool.query({
    name: 'insert_wallet_quote',
    text: `insert into quotes (id, tenant, subject, terms, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
    values: [quote.id, tenant, subject, JSON.stringify(quote.terms), quote.createdAt, quote.expiresAt],
  })
}
