import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { fromJson } from '../money/money.ts'
import { type Exposure, limitOf, mayAdvance } from '../policy/exposure.ts'
import { priceFrom } from '../policy/price-terms.ts'
import { joinLegs } from '../policy/route.ts'
import { termsOf } from '../policy/terms.ts'
import type { Opening } from '../saga/open.ts'
import { request as firstStep } from '../transfer/decide.ts'
import { addressTermsOf, depositOf } from '../transfer/hold.ts'
import { type QuoteId, type TransferId, typeId } from '../transfer/id.ts'
import { currentDefinition, states } from '../transfer/state.ts'
import type { Terms } from '../transfer/terms.ts'
import type { Unborn } from '../transfer/transfer.ts'
import { readExposure } from './exposure-store.ts'
import { type Claim, claimOf, idempotencyHeaders, orStored, setAnswerHeaders } from './idempotency.ts'
import { type Order, type OrderBody, readOrder, readSource } from './order.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
import { findQuote } from './quote-store.ts'
import {
  anyTime,
  bearer,
  destinationLeg,
  guarded,
  orderAmounts,
  plainText,
  posted,
  problems,
  quoteId,
  refusedOrders,
  shows,
  sourceLeg,
  transferId,
  transferIdShape,
} from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { type TransferJson, transferJson, transferSchema } from './transfer-json.ts'
import { findTransfer, listTransfers } from './transfer-store.ts'

const reference = plainText(140).describe("The integrator's own reference.")
const byQuote = z
  .strictObject({
    quoteId,
    source: sourceLeg
      .optional()
      .describe('The bank account, for a quote that a Stellar wallet asked for: such a quote names none.'),
    reference: reference.optional(),
  })
  .meta({ id: 'TransferByQuote' })
const inline = z
  .strictObject({
    source: sourceLeg,
    destination: destinationLeg,
    ...orderAmounts,
    reference: reference.optional(),
  })
  .meta({ id: 'TransferInline' })
const transferRequest = z.union([byQuote, inline]).meta({ id: 'TransferRequest' })

const listQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(states).optional(),
  reference: reference.optional(),
  createdAfter: anyTime.optional(),
  attention: z.stringbool().optional().describe('Only those that a person must look at, or only the others.'),
})

/** Transfers: open one, look at one, list them. */
export const transferRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool, chains, opener } = deps
    const { policy } = deps.config

    /** The order of a quote. Whether it can still be used is asked when it is taken. */
    const readQuote = async (tenant: string, id: string, given: OrderBody['source'] | undefined): Promise<Order> => {
      const quote = await findQuote(pool, tenant, id)
      if (quote === undefined) throw new BridgeError('quote_not_found', { quoteId: id })
      const { source, destination } = quote.terms
      const price = priceFrom(quote.terms)
      const mismatch = (reason: string) => new BridgeError('quote_source_mismatch', { path: 'source', reason })
      if (source.kind === 'chain' || 'account' in source) {
        if (given !== undefined) throw mismatch('the quote names its source')
        return { legs: joinLegs(source, destination), price }
      }
      if (given === undefined) throw mismatch('the quote names no account')
      const account = readSource(given, source.currency, deps)
      if (account.kind !== 'bank' || account.scheme !== source.scheme) throw mismatch(`the quote is for ${source.scheme}`)
      return { legs: joinLegs(account, destination), price }
    }

    /** What is owed is asked only about a debit that can come back. */
    const exposureOf = async (tenant: string, { legs: { source } }: Order): Promise<Exposure | undefined> =>
      source.kind === 'chain' || policy.clearing[source.scheme].finalAfterMs === 0
        ? undefined
        : readExposure(pool, {
            tenant,
            payer: source.account.accountNumber,
            currency: source.currency,
            isLimited: policy.exposure.perTenant[source.currency] !== undefined,
          })

    const limitFor = (terms: Terms, exposure: Exposure | undefined): Pick<Opening, 'exposureLimit'> =>
      exposure === undefined || !('returnableMs' in terms)
        ? {}
        : { exposureLimit: limitOf(policy.exposure, exposure, fromJson(terms.sourceAmount)) }

    /** Nobody may learn of a deposit address that its contract on the chain does not know: nothing could ever leave it. */
    const assertKnown = async (terms: Terms): Promise<void> => {
      const deposit = depositOf(terms)
      const atAddress = deposit && addressTermsOf(deposit)
      if (atAddress) await chains.get(deposit.chain)!.deposits!.addresses!.prepare(atAddress)
    }

    const open = async (body: z.output<typeof transferRequest>, claim: Claim, actor: string) => {
      const order = 'quoteId' in body ? await readQuote(claim.tenant, body.quoteId, body.source) : await readOrder(body, deps)
      const { route } = order.legs
      if (deps.pauses.find(`route:${route}`) !== undefined) throw new BridgeError('route_paused', { route })
      const exposure = await exposureOf(claim.tenant, order)
      const createdAtMs = deps.nowMs()
      const id = typeId<TransferId>('tr', deps.newUuid())
      const unborn: Unborn = {
        id,
        tenant: claim.tenant,
        definition: currentDefinition,
        state: 'none',
        version: 0,
        ...termsOf(
          {
            transferId: id,
            ...order,
            reference: body.reference ?? null,
            createdAtMs,
            mayAdvance: exposure === undefined || mayAdvance(policy.exposure, exposure, order.price.sourceAmount),
          },
          deps,
        ),
        progress: { attempts: { release: 0, refund: 0 } },
      }
      const limit = limitFor(unborn.terms, exposure)
      await assertKnown(unborn.terms)
      const opening: Opening = {
        unborn,
        ...('quoteId' in body ? { quoteId: body.quoteId as QuoteId } : {}),
        ...limit,
        actor,
        ...claim,
        status: 202,
        response: transferJson(firstStep(unborn, createdAtMs).after, new Date(createdAtMs), chains),
        location: `/v1/transfers/${id}`,
      }
      return opening
    }

    app.post('/transfers', {
      config: { scope: 'transfers:write' },
      schema: {
        operationId: 'createTransfer',
        summary: 'Open a transfer',
        description:
          'By a quote, or at the price of the moment. It is worked on after the answer: follow `Location` or its stream.',
        tags: ['Transfers'],
        security: bearer,
        headers: idempotencyHeaders,
        body: transferRequest,
        response: {
          202: shows(
            'Accepted. `Location` leads to it; `Idempotent-Replayed: true` marks the answer to a repeated key.',
            transferSchema,
          ),
          ...problems(
            ...posted,
            ...refusedOrders,
            'quote_not_found',
            'quote_expired',
            'quote_used',
            'quote_source_mismatch',
            'route_paused',
            'exposure_limit_exceeded',
            'chain_unavailable',
          ),
        },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const opening = await orStored(pool, claim, () => open(request.body, claim, `api:${request.apiKey.id}`))
        const answer = 'unborn' in opening ? await opener.open(opening) : opening
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as TransferJson)
      },
    })

    app.get('/transfers', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'listTransfers',
        summary: 'List transfers, newest first',
        tags: ['Transfers'],
        security: bearer,
        querystring: listQuery,
        response: { 200: shows('A page.', pageOf(transferSchema)), ...problems(...guarded, 'cursor_invalid') },
      },
      handler: async request => {
        const { cursor, limit, ...filter } = request.query
        const before = decodeCursor('transfers', cursor, transferIdShape)
        const rows = await listTransfers(pool, request.apiKey.tenant, filter, before, limit + 1)
        return pageFrom(
          'transfers',
          rows,
          limit,
          row => row.id,
          row => transferJson(row, row.updatedAt, chains),
        )
      },
    })

    app.get('/transfers/:id', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'getTransfer',
        summary: 'Look at a transfer',
        tags: ['Transfers'],
        security: bearer,
        params: z.strictObject({ id: transferId }),
        response: { 200: shows('The transfer.', transferSchema), ...problems(...guarded, 'transfer_not_found') },
      },
      handler: async request => {
        const row = await findTransfer(pool, request.apiKey.tenant, request.params.id)
        return transferJson(row, row.updatedAt, chains)
      },
    })
  }
