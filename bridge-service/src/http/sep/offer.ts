import { BridgeError } from '../../errors.ts'
import type { Currency } from '../../money/currency.ts'
import type { Price } from '../../policy/pricing.ts'
import type { RailScheme } from '../../rails/rail.ts'
import { type AskedAmount, type Pricing, priceOrder } from '../order-price.ts'
import type { Pair, WalletMarket } from './market.ts'

/** What a wallet wants to sell, or to buy: one of the two, as a decimal string. */
export type Wanted = { readonly sell_amount?: string | undefined; readonly buy_amount?: string | undefined }

/**
 * The house's own price of a pair, by a way of paying: what is sold pays for fee and conversion; what shall be bought is bought exactly, for the
 * least that brings it. Throws the codes of amounts, `rate_unavailable`, and `request_invalid` when not one of the two is given.
 */
export const priceFor = (
  pricing: Pricing,
  market: WalletMarket,
  { sell, buy }: Pair,
  scheme: RailScheme,
  { sell_amount, buy_amount }: Wanted,
): Promise<Price> => {
  if ((sell_amount === undefined) === (buy_amount === undefined))
    throw new BridgeError('request_invalid', { reason: 'either sell_amount or buy_amount is needed, not both' })
  const asked: AskedAmount =
    sell_amount === undefined
      ? { side: 'destination', value: buy_amount!, path: 'buy_amount' }
      : { side: 'source', value: sell_amount, path: 'sell_amount' }
  return priceOrder(
    'onramp',
    { kind: 'bank', scheme, currency: sell },
    { kind: 'chain', chain: market.chain, currency: buy },
    asked,
    pricing,
  )
}

/** The way of paying that a price is for: the one that was named, else the first of those offered. */
export const schemeOf = (market: WalletMarket, { sell }: Pair, named: RailScheme | undefined): RailScheme =>
  named ?? market.deliveryMethods(sell)[0]!

/** Throws `asset_unknown` and `route_unsupported`. */
export const pairOf = (market: WalletMarket, { sell_asset, buy_asset }: { sell_asset: string; buy_asset: string }): Pair => {
  const [sell, buy] = [market.currencyOf(sell_asset, 'sell_asset'), market.currencyOf(buy_asset, 'buy_asset')]
  const pair = market.pairs.find(each => each.sell === sell && each.buy === buy)
  if (pair === undefined) throw new BridgeError('route_unsupported', { sell: sell_asset, buy: buy_asset })
  return pair
}

/** The method that was named, if it is offered on that side. Throws `delivery_method_invalid`. */
export const methodNamed = (
  market: WalletMarket,
  currency: Currency,
  named: string | undefined,
  path: string,
): RailScheme | undefined => {
  const offered = market.deliveryMethods(currency)
  const method = offered.find(scheme => scheme === named)
  if (named !== undefined && method === undefined)
    throw new BridgeError('delivery_method_invalid', { path, asset: market.idOf(currency), offered })
  return method
}
