import type { Config } from '../../config.ts'
import { BridgeError } from '../../errors.ts'
import type { Currency } from '../../money/currency.ts'
import { parsePositive } from '../../money/decimal.ts'
import { assertWithinLimit } from '../../policy/limits.ts'
import { leastSourceFor, type Price, price, rateFrom } from '../../policy/pricing.ts'
import type { RailScheme } from '../../rails/rail.ts'
import type { Pair, WalletMarket } from './market.ts'

/** What a wallet wants to sell, or to buy: one of the two, as a decimal string. */
export type Wanted = { readonly sell_amount?: string | undefined; readonly buy_amount?: string | undefined }

/**
 * The house's own price of a pair: what is sold pays for fee and conversion; what shall be bought is found back to what must be sold for it.
 * Throws the codes of amounts, and `request_invalid` when not one of the two is given.
 */
export const priceFor = (policy: Config['policy'], { sell, buy }: Pair, { sell_amount, buy_amount }: Wanted): Price => {
  if ((sell_amount === undefined) === (buy_amount === undefined))
    throw new BridgeError('request_invalid', { reason: 'either sell_amount or buy_amount is needed, not both' })
  const rate = rateFrom(policy.rates, sell, buy)
  const paid =
    sell_amount === undefined
      ? leastSourceFor(parsePositive(buy_amount, buy), policy.fee, rate)
      : parsePositive(sell_amount, sell)
  assertWithinLimit(new Map(Object.entries(policy.limits) as [Currency, bigint][]), paid)
  return price(paid, policy.fee, rate)
}

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
