import type { z } from 'zod'
import type { Chain } from '../chains/chain.ts'
import type { BankConfig, Config } from '../config.ts'
import { BridgeError } from '../errors.ts'
import { type Currency, currencies } from '../money/currency.ts'
import { parsePositive } from '../money/decimal.ts'
import { assertWithinLimit } from '../policy/limits.ts'
import { type Price, price, rateFrom } from '../policy/pricing.ts'
import { routeOf, type TermsPolicy } from '../policy/terms.ts'
import { parseAccountNumber } from '../rails/account-number.ts'
import type { Counterparty, RailScheme } from '../rails/rail.ts'
import type { BankLeg, ChainLeg, Leg } from '../transfer/terms.ts'
import type { amount, destinationLeg, sourceLeg } from './schemas.ts'

export type OrderBody = {
  readonly source: z.output<typeof sourceLeg>
  readonly destination: z.output<typeof destinationLeg>
  readonly amount: z.output<typeof amount>
}

/** What somebody asks for, checked and priced. */
export type Order = { readonly source: BankLeg; readonly destination: ChainLeg; readonly price: Price }

export type Markets = {
  readonly config: Pick<Config, 'policy' | 'banks' | 'chains'>
  readonly chains: ReadonlyMap<string, Chain>
}

/** Which money each scheme moves: ACH is dollars, SEPA is euros (NACHA; EPC rulebooks). Wire and book take what the bank takes. */
const schemeCurrencies: Partial<Record<RailScheme, Currency>> = { ach: 'USD', sepa: 'EUR', sepa_inst: 'EUR' }
/** Where the accounts of a currency are, and so how they are written. */
const accountKinds: Partial<Record<Currency, 'iban' | 'aba'>> = { USD: 'aba', EUR: 'iban' }

/** Reads an order. Throws the code of the first thing that is wrong with it, with the path of the field. */
export const readOrder = (body: OrderBody, markets: Markets): Order => {
  const { policy } = markets.config
  const source = at('source', () => readLeg(body.source, body.amount.asset, 'amount.asset', markets))
  const destination = at('destination', () => readLeg(body.destination, body.destination.asset, 'destination.asset', markets))
  routeOf(source, destination)
  if (source.kind !== 'bank' || destination.kind !== 'chain') throw new BridgeError('route_unsupported')
  const paid = at('amount.value', () => parsePositive(body.amount.value, source.currency))
  const limits = new Map(Object.entries(policy.limits) as [Currency, bigint][])
  at('amount.value', () => assertWithinLimit(limits, paid))
  const rate = at('destination.asset', () => rateFrom(policy.rates, source.currency, destination.currency))
  return { source, destination, price: at('amount.value', () => price(paid, policy.fee, rate)) }
}

/** The bank account that a quote was missing. Throws the code of the first thing that is wrong with it, with the path of the field. */
export const readSource = (leg: OrderBody['source'], currency: Currency, markets: Markets): Leg =>
  at('source', () => readLeg(leg, currency, 'source', markets))

/** The bank and the chain of an order. Throws `route_unsupported` when they are no longer served. */
export const termsPolicyOf = ({ source, destination }: Order, { config, chains }: Markets): TermsPolicy => {
  const bank = config.banks.find(({ id }) => id === source.rail)
  const chainConfig = config.chains.find(({ id }) => id === destination.chain)
  const chain = chains.get(destination.chain)
  if (bank === undefined || chainConfig === undefined || chain === undefined)
    throw new BridgeError('route_unsupported', { source: source.rail, destination: destination.chain })
  return { policy: config.policy, bank, chainConfig, chain }
}

const readLeg = (
  leg: OrderBody['source'] | OrderBody['destination'],
  currency: Currency,
  assetPath: string,
  { config, chains }: Markets,
): Leg => {
  if (leg.type === 'bank_account') {
    const { name, accountNumber, routingNumber } = leg
    const bank = bankFor(config.banks, leg.rail, currency, assetPath)
    const account = readAccount({ name, accountNumber, ...(routingNumber === undefined ? {} : { routingNumber }) }, currency)
    return { kind: 'bank', rail: bank.id, scheme: leg.rail, currency, account }
  }
  const chainConfig = config.chains.find(({ id }) => id === leg.chain)
  const chain = chains.get(leg.chain)
  if (chainConfig === undefined || chain === undefined) throw new BridgeError('route_unsupported', { chain: leg.chain })
  if (currencies[currency].kind !== 'token' || !chain.supports(currency))
    throw new BridgeError('asset_mismatch', { path: assetPath, chain: leg.chain, asset: currency })
  return { kind: 'chain', chain: chainConfig.id, currency, address: chain.parseAddress(leg.address) }
}

/** How money of a currency reaches us, or leaves. */
export const schemesFor = (banks: readonly BankConfig[], currency: Currency): RailScheme[] => {
  const offered = new Set(banks.filter(({ accounts }) => accounts[currency] !== undefined).flatMap(({ schemes }) => schemes))
  return [...offered].filter(scheme => moves(scheme, currency))
}

/** The bank that a scheme's money goes through. Throws `route_unsupported` and `asset_mismatch`. */
export const bankFor = (banks: readonly BankConfig[], scheme: RailScheme, currency: Currency, assetPath: string): BankConfig => {
  const offering = banks.filter(bank => bank.schemes.includes(scheme))
  if (offering.length === 0) throw new BridgeError('route_unsupported', { rail: scheme })
  const bank = offering.find(({ accounts }) => accounts[currency] !== undefined)
  if (bank === undefined || !moves(scheme, currency))
    throw new BridgeError('asset_mismatch', { path: assetPath, rail: scheme, asset: currency })
  return bank
}

const moves = (scheme: RailScheme, currency: Currency): boolean => (schemeCurrencies[scheme] ?? currency) === currency

const readAccount = (account: Counterparty, currency: Currency): Counterparty => {
  const read = parseAccountNumber(account)
  const wanted = accountKinds[currency]
  if (wanted !== undefined && read.kind !== wanted)
    throw new BridgeError('account_invalid', { reason: `an account in ${currency} is written as ${wanted}` })
  return read.kind === 'iban'
    ? { name: account.name, accountNumber: read.iban }
    : { name: account.name, accountNumber: read.accountNumber, routingNumber: read.routingNumber }
}

/** Says which field an error is about, unless it says so itself. */
const at = <T>(path: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BridgeError) || 'path' in error.details) throw error
    throw new BridgeError(error.code, { ...error.details, path }, { cause: error })
  }
}
