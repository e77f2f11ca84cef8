import type { ChainConfig } from '../chain-config.ts'
import type { Chain } from '../chains/chain.ts'
import type { BankConfig, Policy } from '../config.ts'
import { BridgeError } from '../errors.ts'
import { type Currency, currencies, worthOf } from '../money/currency.ts'
import type { Money } from '../money/money.ts'
import { leastConvertedTo } from '../money/rate.ts'
import type { BankLeg, ChainLeg } from '../transfer/terms.ts'
import type { Tariff } from './fees.ts'
import { type Price, price } from './pricing.ts'
import type { QuotedRate } from './rates/rate-source.ts'
import { joinLegs, type Legs } from './route.ts'

/** Who takes the other side of what we move to or from a chain, at par. */
export type LiquidityProvider = Policy['liquidityProviders'][number]

/** Where the house has its money, and whom it knows. */
export type HousePools = {
  readonly config: {
    readonly policy: Pick<Policy, 'liquidityProviders'>
    readonly banks: readonly Pick<BankConfig, 'id' | 'accounts' | 'payableAs' | 'schemes'>[]
    readonly chains: readonly Pick<ChainConfig, 'id' | 'tokens'>[]
  }
}
type OurBank = HousePools['config']['banks'][number]

/** Two accounts of ours. */
export type HouseLegs = { readonly route: 'rebalance'; readonly source: BankLeg; readonly destination: BankLeg }

/** What is to be moved, between pools by their ids (`bank:sim:USD`, `evm:1:USDC`). The amount is in the currency of either of them. */
export type RebalanceWish = { readonly from: string; readonly to: string; readonly amount: Money }

export type RebalancePlan = {
  readonly legs: Exclude<Legs, { route: 'remittance' }> | HouseLegs
  readonly price: Price
  /** In what its currencies are worth, rounded up. */
  readonly worth: Money
}

type Place = { readonly currency: Currency } & ({ readonly bank: OurBank } | { readonly chain: ChainLeg['chain'] })

/**
 * How it is moved. Between two banks it is paid from the one to the other. Where a chain has a part in it, a liquidity provider stands in the
 * customer's place, on the route that takes from him what the one pool lacks and gives him what the other has: he brings first, by the terms
 * that every customer has. Throws `pool_unknown`, `same_account`, `rebalance_unsupported`, `route_unsupported` or `amount_too_precise`.
 */
export const planRebalance = ({ from, to, amount }: RebalanceWish, house: HousePools): RebalancePlan => {
  if (from === to) throw new BridgeError('same_account', { path: 'to' })
  const [giving, getting] = [placeOf(from, 'from', house), placeOf(to, 'to', house)]
  const worth = worthOf(giving.currency)
  // Another value would be a trade, with a price and a risk of its own.
  if (worthOf(getting.currency) !== worth)
    throw new BridgeError('rebalance_unsupported', { path: 'to', reason: `${getting.currency} is not worth ${giving.currency}` })
  const legs =
    'bank' in giving && 'bank' in getting
      ? betweenBanks({ ...giving, bank: giving.bank }, { ...getting, bank: getting.bank })
      : withProvider(giving, getting, providerFor(house, worth))
  return {
    legs,
    price: atPar(amount, legs.source.currency, legs.destination.currency),
    worth: leastConvertedTo(amount, par(worth, amount.currency)),
  }
}

const placeOf = (pool: string, path: string, { config }: HousePools): Place => {
  const [, place, name] = /^(.+):([A-Z]+)$/.exec(pool) ?? []
  const currency = Object.keys(currencies).find(each => each === name) as Currency | undefined
  const bank = config.banks.find(({ id }) => id === place)
  const chain = config.chains.find(({ id }) => id === place)
  if (currency !== undefined && bank?.accounts[currency] !== undefined) return { currency, bank }
  if (currency !== undefined && chain?.tokens[currency] !== undefined) return { currency, chain: chain.id }
  throw new BridgeError('pool_unknown', { path, pool })
}

/** Both ends as payments name them. The scheme is the one by which the receiving account is paid. */
const betweenBanks = (
  giving: { bank: OurBank; currency: Currency },
  getting: { bank: OurBank; currency: Currency },
): HouseLegs => {
  const [payer, payee] = [giving, getting].map(({ bank, currency }) => bank.payableAs[currency])
  if (payee === undefined || payer === undefined)
    throw new BridgeError('rebalance_unsupported', { reason: `payableAs of ${(payee ? giving : getting).bank.id} is not set` })
  const { scheme } = payee
  if (!giving.bank.schemes.includes(scheme))
    throw new BridgeError('rebalance_unsupported', { reason: `${giving.bank.id} has no ${scheme}` })
  const leg = ({ bank, currency }: typeof giving, { scheme: _scheme, ...account }: NonNullable<typeof payer>): BankLeg => ({
    ...{ kind: 'bank', rail: bank.id, scheme, currency },
    account: accountOf(account),
  })
  return { route: 'rebalance', source: leg(giving, payer), destination: leg(getting, payee) }
}

const accountOf = ({ routingNumber, ...account }: Omit<LiquidityProvider['account'], 'scheme'>): BankLeg['account'] =>
  routingNumber === undefined ? account : { ...account, routingNumber }

/** What the provider brings is what a pool lacks: so a transfer's source is where the rebalance goes to. */
const withProvider = (giving: Place, getting: Place, { account: { scheme, ...account }, addresses }: LiquidityProvider) => {
  const leg = (place: Place): BankLeg | ChainLeg => {
    const { currency } = place
    if ('bank' in place) {
      if (!place.bank.schemes.includes(scheme))
        throw new BridgeError('rebalance_unsupported', { reason: `${place.bank.id} has no ${scheme}` })
      return { kind: 'bank', rail: place.bank.id, scheme, currency, account: accountOf(account) }
    }
    const address = addresses[place.chain]
    if (address === undefined)
      throw new BridgeError('rebalance_unsupported', { reason: `no address of the provider on ${place.chain}` })
    return { kind: 'chain', chain: place.chain, currency, address }
  }
  const legs = joinLegs(leg(getting), leg(giving))
  if (legs.route === 'remittance') throw new BridgeError('internal', { reason: 'no provider between two banks' })
  return legs
}

const providerFor = ({ config: { policy } }: HousePools, currency: Currency): LiquidityProvider => {
  const provider = policy.liquidityProviders.find(each => each.currency === currency)
  if (provider === undefined) throw new BridgeError('rebalance_unsupported', { reason: `no liquidity provider for ${currency}` })
  return provider
}

const free: Tariff = { fixedMinor: 0n, bps: 0n, minMinor: 0n, network: [] }
const par = (from: Currency, to: Currency): QuotedRate => ({
  ...{ from, to, numerator: 1n, denominator: 1n },
  ...{ asOf: null, source: 'par' },
})

/** The same on both sides, to the last unit of the coarser one. */
const atPar = (amount: Money, from: Currency, to: Currency): Price => {
  if (amount.currency !== from && amount.currency !== to)
    throw new BridgeError('asset_mismatch', { path: 'amount.asset', pools: [from, to] })
  const priced = price({ side: amount.currency === from ? 'source' : 'destination', amount }, free, par(from, to))
  const asked = amount.currency === from ? priced.sourceAmount : priced.destinationAmount
  if (priced.residue.minor !== 0n || priced.remainder.numerator !== 0n || asked.minor !== amount.minor)
    throw new BridgeError('amount_too_precise', { path: 'amount.value', pools: [from, to] })
  return priced
}

/** As much of a currency as an amount is worth, rounded up: what fills a pool from one that counts in coarser units. */
export const atParUp = (amount: Money, currency: Currency): Money => leastConvertedTo(amount, par(currency, amount.currency))

/** Before the first of them: a provider can be paid. Throws `config_invalid` for an address that is none. */
export const checkProviders = (providers: readonly LiquidityProvider[], chains: ReadonlyMap<string, Chain>): void => {
  const problems = providers.flatMap(({ currency, addresses }) =>
    Object.entries(addresses).flatMap(([chain, address]) => {
      try {
        if (chains.get(chain)?.parseAddress(address) === undefined) return [`${currency}: CAUSEWAY_CHAINS has no ${chain}`]
        return []
      } catch (error) {
        return [`${currency}: ${(error as Error).message}`]
      }
    }),
  )
  if (problems.length > 0)
    throw new BridgeError('config_invalid', { problems: problems.map(each => `CAUSEWAY_POLICY.liquidityProviders ${each}`) })
}
