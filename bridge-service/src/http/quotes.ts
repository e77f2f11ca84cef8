import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { type QuoteId, typeId } from '../transfer/id.ts'
import { answerOnce, claimOf, idempotencyHeaders, orStored, setAnswerHeaders } from './idempotency.ts'
import { legJson } from './leg-json.ts'
import { readOrder } from './order.ts'
import { priceJson, priceShape } from './price-json.ts'
import { findQuote, insertQuote, type Quote, type QuotedSource, quoteTermsOf } from './quote-store.ts'
import {
  bearer,
  destinationLeg,
  guarded,
  orderAmounts,
  posted,
  problems,
  quotedSource,
  quoteId,
  refusedOrders,
  shownLeg,
  shows,
  sourceLeg,
  time,
  transferId,
} from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

const quoteRequest = z
  .strictObject({
    source: sourceLeg,
    destination: destinationLeg,
    ...orderAmounts,
  })
  .meta({ id: 'QuoteRequest' })

const quoteSchema = z
  .object({
    id: quoteId,
    source: quotedSource,
    destination: shownLeg,
    ...priceShape,
    createdAt: time,
    expiresAt: time.describe('From here on a transfer can no longer use it.'),
    transferId: transferId.nullable().describe('The transfer that used it.'),
  })
  .meta({ id: 'Quote' })

const quoteJson = ({ id, terms, createdAt, expiresAt, transferId }: Quote): z.output<typeof quoteSchema> => ({
  id,
  source: terms.source.kind === 'chain' || 'account' in terms.source ? legJson(terms.source) : withoutAccount(terms.source),
  destination: legJson(terms.destination),
  ...priceJson(terms),
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  transferId,
})

const withoutAccount = ({ scheme, currency }: QuotedSource): z.output<typeof quotedSource> => ({
  type: 'bank_account',
  rail: scheme,
  name: null,
  accountNumber: null,
  asset: currency,
})

/** Prices that hold for a while. */
export const quoteRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool, config } = deps

    app.post('/quotes', {
      config: { scope: 'transfers:write' },
      schema: {
        operationId: 'createQuote',
        summary: 'Ask for a price',
        tags: ['Quotes'],
        security: bearer,
        headers: idempotencyHeaders,
        body: quoteRequest,
        response: { 201: shows('The quote; `Location` leads to it.', quoteSchema), ...problems(...posted, ...refusedOrders) },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const answer = await orStored(pool, claim, async () => {
          const order = await readOrder(request.body, deps)
          const nowMs = deps.nowMs()
          const quote: Quote = {
            id: typeId<QuoteId>('qt', deps.newUuid()),
            terms: quoteTermsOf(order.legs, order.price),
            createdAt: new Date(nowMs),
            expiresAt: new Date(nowMs + config.policy.quoteTtlMs),
            transferId: null,
          }
          const answer = { status: 201, response: quoteJson(quote), location: `/v1/quotes/${quote.id}` }
          return answerOnce(pool, claim, answer, insertQuote(claim.tenant, quote))
        })
        setAnswerHeaders(reply, answer)
        return reply.code(201).send(answer.response as z.output<typeof quoteSchema>)
      },
    })

    app.get('/quotes/:id', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'getQuote',
        summary: 'Look at a quote',
        tags: ['Quotes'],
        security: bearer,
        params: z.strictObject({ id: quoteId }),
        response: { 200: shows('The quote.', quoteSchema), ...problems(...guarded, 'quote_not_found') },
      },
      handler: async request => {
        const quote = await findQuote(pool, request.apiKey.tenant, request.params.id)
        if (quote === undefined) throw new BridgeError('quote_not_found', { quoteId: request.params.id })
        return quoteJson(quote)
      },
    })
  }
