import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import { priceFrom } from '../../policy/price-terms.ts'
import { type QuoteId, typeId } from '../../transfer/id.ts'
import { bearerOf } from '../authentication.ts'
import { bankFor } from '../order.ts'
import { findWalletQuote, insertWalletQuote, type Quote, quoteTermsOf } from '../quote-store.ts'
import { anyTime } from '../schemas.ts'
import type { ServerDeps } from '../server-deps.ts'
import type { WalletMarket } from './market.ts'
import { methodNamed, pairOf, priceFor } from './offer.ts'
import type { SepDeps } from './sep-deps.ts'
import { addressOf, readSession } from './session.ts'
import { walletPrice } from './wallet-price.ts'
import { priceRequest } from './wallet-prices.ts'

const quoteRequest = priceRequest.extend({ expire_after: anyTime.optional() })

/** Firm quotes for those who have authenticated (SEP-38 2.5): the house's own, each for the user who asked. */
export const walletQuoteRoutes =
  ({ pool, chains, config, rates, nowMs, newUuid }: ServerDeps, sep: SepDeps, market: WalletMarket): FastifyPluginAsyncZod =>
  async app => {
    const { policy, banks } = config
    const { tenant } = sep.config
    const sessionOf = (request: Parameters<typeof bearerOf>[0]) => readSession(sep.config, bearerOf(request), nowMs())

    app.post('/quote', {
      schema: { hide: true, body: quoteRequest },
      onRequest: async request => void sessionOf(request),
      handler: async (request, reply) => {
        const session = sessionOf(request)
        const { body } = request
        const pair = pairOf(market, body)
        const method = methodNamed(market, pair.sell, body.sell_delivery_method, 'sell_delivery_method')
        methodNamed(market, pair.buy, body.buy_delivery_method, 'buy_delivery_method')
        const offered = market.deliveryMethods(pair.sell)
        if (method === undefined && offered.length > 1)
          throw new BridgeError('delivery_method_invalid', { path: 'sell_delivery_method', offered })
        const scheme = method ?? offered[0]!
        const now = nowMs()
        const expiresAt = new Date(now + policy.quoteTtlMs)
        if (body.expire_after !== undefined && Date.parse(body.expire_after) > expiresAt.getTime())
          throw new BridgeError('quote_expiry_too_late', { path: 'expire_after', latest: expiresAt.toISOString() })
        const address = chains.get(market.chain)!.parseAddress(addressOf(session))
        const terms = quoteTermsOf(
          {
            source: { kind: 'bank', rail: bankFor(banks, scheme, pair.sell, 'sell_asset').id, scheme, currency: pair.sell },
            destination: { kind: 'chain', chain: market.chain, currency: pair.buy, address },
          },
          await priceFor({ config, rates }, market, pair, scheme, body),
        )
        const quote: Quote = {
          id: typeId<QuoteId>('qt', newUuid()),
          terms: method === undefined ? terms : { ...terms, sellDeliveryMethod: method },
          createdAt: new Date(now),
          expiresAt,
          transferId: null,
        }
        await insertWalletQuote(pool, tenant, session.subject, quote)
        return reply.code(201).send(quoteJson(quote, market))
      },
    })

    app.get('/quote/:id', {
      schema: { hide: true, params: z.object({ id: z.string() }) },
      handler: async request => {
        const { subject } = sessionOf(request)
        const { id } = request.params
        const quote = await findWalletQuote(pool, tenant, subject, id)
        if (quote === undefined) throw new BridgeError('quote_not_found', { quoteId: id })
        return quoteJson(quote, market)
      },
    })
  }

const quoteJson = ({ id, terms, expiresAt }: Quote, market: WalletMarket) => ({
  id,
  expires_at: expiresAt.toISOString(),
  sell_asset: market.idOf(terms.source.currency),
  buy_asset: market.idOf(terms.destination.currency),
  ...(terms.sellDeliveryMethod === undefined ? {} : { sell_delivery_method: terms.sellDeliveryMethod }),
  ...walletPrice(priceFrom(terms), market.idOf(terms.source.currency)),
})
