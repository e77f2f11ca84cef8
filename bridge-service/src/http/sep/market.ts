import type { Chain, ChainId } from '../../chains/chain.ts'
import type { Config } from '../../config.ts'
import { BridgeError } from '../../errors.ts'
import { type Currency, currencies, decimalsOf } from '../../money/currency.ts'
import type { RailScheme } from '../../rails/rail.ts'
import { schemesFor } from '../order.ts'

/** A token of ours on Stellar. */
export type WalletAsset = {
  readonly currency: Currency
  readonly code: string
  readonly issuer: string
  readonly decimals: number
}

/** What a wallet can sell and what it gets for it. */
export type Pair = { readonly sell: Currency; readonly buy: Currency }

export type WalletMarket = {
  readonly chain: ChainId
  readonly treasury: string
  readonly tokens: readonly WalletAsset[]
  readonly pairs: readonly Pair[]
  /** `iso4217:USD`, `stellar:USDC:G…` (SEP-38, "Asset Identification Format"). */
  readonly idOf: (currency: Currency) => string
  /** Throws `asset_unknown`. */
  readonly currencyOf: (id: string, path: string) => Currency
  /** How a currency reaches us; nothing for a token. */
  readonly deliveryMethods: (currency: Currency) => readonly RailScheme[]
}

/** The part of the house's markets that leads to one Stellar chain: what has a rate, a bank and a token. */
export const walletMarket = (chain: Chain, { policy, banks }: Pick<Config, 'policy' | 'banks'>): WalletMarket => {
  const deliveryMethods = (currency: Currency) => (currencies[currency].kind === 'fiat' ? schemesFor(banks, currency) : [])
  const pairs = policy.rates
    .filter(({ from, to }) => deliveryMethods(from).length > 0 && currencies[to].kind === 'token' && chain.supports(to))
    .map(({ from, to }) => ({ sell: from, buy: to }))
  const tokens = (Object.keys(currencies) as Currency[])
    .filter(currency => currencies[currency].kind === 'token' && chain.supports(currency))
    .map(currency => ({ currency, ...codeAndIssuer(chain.tokenAddress(currency)), decimals: decimalsOf(currency) }))
  const idOf = (currency: Currency) =>
    currencies[currency].kind === 'fiat' ? `iso4217:${currency}` : `stellar:${chain.tokenAddress(currency)}`
  const byId = new Map(pairs.flatMap(({ sell, buy }) => [sell, buy]).map(currency => [idOf(currency), currency]))
  return {
    chain: chain.id,
    treasury: chain.treasury,
    tokens,
    pairs,
    idOf,
    currencyOf: (id, path) => {
      const currency = byId.get(id)
      if (currency === undefined) throw new BridgeError('asset_unknown', { path, asset: id })
      return currency
    },
    deliveryMethods,
  }
}

/** A Stellar token is written `CODE:ISSUER`. */
const codeAndIssuer = (token: string) => {
  const [code = '', issuer = ''] = token.split(':')
  return { code, issuer }
}
