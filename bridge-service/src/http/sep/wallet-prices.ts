import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError, type ErrorCode } from '../../errors.ts'
import { type Currency, currencies, decimalsOf } from '../../money/currency.ts'
import type { RailScheme } from '../../rails/rail.ts'
import type { Pricing } from '../order-price.ts'
import type { Pair, WalletMarket } from './market.ts'
import { methodNamed, pairOf, priceFor, schemeOf, type Wanted } from './offer.ts'
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
/** A pair, an amount of one of the two, and how the money comes. */
export const priceRequest = z.object({
  sell_asset: z.string(),
  buy_asset: z.string(),
  ...wanted,
  ...delivery,
  context: z.enum(['sep6', 'sep24', 'sep31']),
})

/** What can be sold for what, at which price (SEP-38 2.5): the house's own prices, in another form. */
export const walletPriceRoutes =
  (pricing: Pricing, market: WalletMarket): FastifyPluginAsyncZod =>
  async app => {
    /** Prices with all fees in them; a pair that does not take the amount, or has no rate at the moment, is left out. */
    const pricesOf = async (pairs: readonly Pair[], shown: 'sell' | 'buy', method: RailScheme | undefined, amount: Wanted) => {
      const priceOfPair = async (pair: Pair) => {
        try {
          const price = await priceFor(pricing, market, pair, schemeOf(market, pair, method), amount)
          return [
            {
              asset: market.idOf(pair[shown]),
              price: unitPrice(price.sourceAmount, price.destinationAmount),
              decimals: decimalsOf(pair[shown]),
            },
          ]
        } catch (error) {
          if (error instanceof BridgeError && leftOut.has(error.code)) return []
          throw error
        }
      }
      return (await Promise.all(pairs.map(priceOfPair))).flat()
    }

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
          const method = methodNamed(market, sell, sell_delivery_method, 'sell_delivery_method')
          const pairs = market.pairs.filter(pair => pair.sell === sell && takes(market, pair.buy, buy_delivery_method))
          return { buy_assets: await pricesOf(pairs, 'buy', method, { sell_amount }) }
        }
        if (sell_amount !== undefined) throw new BridgeError('request_invalid', { reason: 'sell_amount needs a sell_asset' })
        const buy = market.currencyOf(buy_asset!, 'buy_asset')
        methodNamed(market, buy, buy_delivery_method, 'buy_delivery_method')
        const pairs = market.pairs.filter(pair => pair.buy === buy && takes(market, pair.sell, sell_delivery_method))
        const method = pairs.flatMap(pair => market.deliveryMethods(pair.sell)).find(scheme => scheme === sell_delivery_method)
        return { sell_assets: await pricesOf(pairs, 'sell', method, { buy_amount }) }
      },
    })

    app.get('/price', {
      schema: { hide: true, querystring: priceRequest },
      handler: async ({ query }) => {
        const pair = pairOf(market, query)
        const method = methodNamed(market, pair.sell, query.sell_delivery_method, 'sell_delivery_method')
        methodNamed(market, pair.buy, query.buy_delivery_method, 'buy_delivery_method')
        return walletPrice(await priceFor(pricing, market, pair, schemeOf(market, pair, method), query), market.idOf(pair.sell))
      },
    })
  }

const leftOut: ReadonlySet<ErrorCode> = new Set(['amount_over_limit', 'amount_under_minimum', 'rate_unavailable'])

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
