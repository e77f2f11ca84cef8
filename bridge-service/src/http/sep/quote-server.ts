import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import { type Currency, currencies, decimalsOf } from '../../money/currency.ts'
import type { RailScheme } from '../../rails/rail.ts'
import { type QuoteId, typeId } from '../../transfer/id.ts'
import { bearerOf } from '../authentication.ts'
import { bankFor } from '../order.ts'
import { findWalletQuote, insertWalletQuote, priceOf, type Quote, quoteTermsOf } from '../quote-store.ts'
import { anyTime } from '../schemas.ts'
import type { ServerDeps } from '../server-deps.ts'
import type { Pair, WalletMarket } from './market.ts'
import { methodNamed, pairOf, priceFor, type Wanted } from './offer.ts'
import type { SepDeps } from './sep-deps.ts'
import { addressOf, readSession } from './session.ts'
import { unitPrice, walletPrice } from './wallet-price.ts'

const methods: Readonly<Record<RailScheme, string>> = {
  ach: 'An ACH debit from a US bank account.',
  sepa: 'A SEPA debit from an account in the euro area.',
  sepa_inst: 'A SEPA instant payment.',
  wire: 'A bank wire.',
  book: 'A transfer between accounts at our own bank.',
}

const wanted = { sell_amount: z.string().optional(), buy_amount: z.string().optional() }
const delivery = {
  sell_delivery_method: z.string().optional(),
  buy_delivery_method: z.string().optional(),
  country_code: z.string().optional(),
}
const pricesQuery = z.object({ sell_asset: z.string().optional(), buy_asset: z.string().optional(), ...wanted, ...delivery })
const priceRequest = z.object({
  sell_asset: z.string(),
  buy_asset: z.string(),
  ...wanted,
  ...delivery,
  context: z.enum(['sep6', 'sep24', 'sep31']),
})
const quoteRequest = priceRequest.extend({ expire_after: anyTime.optional() })

/** Prices and firm quotes for Stellar wallets (SEP-38 2.5): the house's own, in another form. */
export const quoteServerRoutes =
  ({ pool, chains, config, nowMs, newUuid }: ServerDeps, sep: SepDeps, market: WalletMarket): FastifyPluginAsyncZod =>
  async app => {
    const { policy, banks } = config
    const { tenant } = sep.config
    const sessionOf = (request: Parameters<typeof bearerOf>[0]) => readSession(sep.config, bearerOf(request), nowMs())

    /** Prices with all fees in them; a pair that does not take the amount is left out. */
    const pricesOf = (pairs: readonly Pair[], shown: 'sell' | 'buy', amount: Wanted) =>
      pairs.flatMap(pair => {
        try {
          const { sourceAmount, destinationAmount } = priceFor(policy, pair, amount)
          const currency = pair[shown]
          return [
            {
              asset: market.idOf(currency),
              price: unitPrice(sourceAmount, destinationAmount),
              decimals: decimalsOf(currency),
            },
          ]
        } catch (error) {
          if (error instanceof BridgeError && /^amount_(over_limit|under_minimum)$/.test(error.code)) return []
          throw error
        }
      })

    app.get('/info', { schema: { hide: true }, handler: async () => ({ assets: assetsOf(market) }) })

    app.get('/prices', {
      schema: { hide: true, querystring: pricesQuery },
      handler: async ({ query }) => {
        const { sell_asset, buy_asset, sell_amount, buy_amount, sell_delivery_method, buy_delivery_method } = query
        if ((sell_asset === undefined) === (buy_asset === undefined))
          throw new BridgeError('request_invalid', { reason: 'either sell_asset or buy_asset is needed, not both' })
        if (sell_asset !== undefined) {
          if (buy_amount !== undefined) throw new BridgeError('request_invalid', { reason: 'buy_amount needs a buy_asset' })
          const sell = market.currencyOf(sell_asset, 'sell_asset')
          methodNamed(market, sell, sell_delivery_method, 'sell_delivery_method')
          const pairs = market.pairs.filter(pair => pair.sell === sell && takes(market, pair.buy, buy_delivery_method))
          return { buy_assets: pricesOf(pairs, 'buy', { sell_amount }) }
        }
        if (sell_amount !== undefined) throw new BridgeError('request_invalid', { reason: 'sell_amount needs a sell_asset' })
        const buy = market.currencyOf(buy_asset!, 'buy_asset')
        methodNamed(market, buy, buy_delivery_method, 'buy_delivery_method')
        const pairs = market.pairs.filter(pair => pair.buy === buy && takes(market, pair.sell, sell_delivery_method))
        return { sell_assets: pricesOf(pairs, 'sell', { buy_amount }) }
      },
    })

    app.get('/price', {
      schema: { hide: true, querystring: priceRequest },
      handler: async ({ query }) => {
        const pair = pairOf(market, query)
        methodNamed(market, pair.sell, query.sell_delivery_method, 'sell_delivery_method')
        methodNamed(market, pair.buy, query.buy_delivery_method, 'buy_delivery_method')
        return walletPrice(priceFor(policy, pair, query), market.idOf(pair.sell))
      },
    })

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
        const terms = quoteTermsOf({
          source: { kind: 'bank', rail: bankFor(banks, scheme, pair.sell, 'sell_asset').id, scheme, currency: pair.sell },
          destination: { kind: 'chain', chain: market.chain, currency: pair.buy, address },
          price: priceFor(policy, pair, body),
        })
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

const assetsOf = (market: WalletMarket) =>
  [...new Set(market.pairs.flatMap(({ sell, buy }) => [sell, buy]))].map(currency => ({
    asset: market.idOf(currency),
    ...(currencies[currency].kind === 'fiat'
      ? {
          sell_delivery_methods: market.deliveryMethods(currency).map(name => ({ name, description: methods[name] })),
        }
      : {}),
  }))

const takes = (market: WalletMarket, currency: Currency, method: string | undefined): boolean =>
  method === undefined || market.deliveryMethods(currency).some(scheme => scheme === method)

const quoteJson = ({ id, terms, expiresAt }: Quote, market: WalletMarket) => ({
  id,
  expires_at: expiresAt.toISOString(),
  sell_asset: market.idOf(terms.source.currency),
  buy_asset: market.idOf(terms.destination.currency),
  ...(terms.sellDeliveryMethod === undefined ? {} : { sell_delivery_method: terms.sellDeliveryMethod }),
  ...walletPrice(priceOf(terms), market.idOf(terms.source.currency)),
})
