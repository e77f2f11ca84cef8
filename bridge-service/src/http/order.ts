import type { z } from 'zod'
import type { BankConfig } from '../config.ts'
import { BridgeError } from '../errors.ts'
import { type Currency, currencies } from '../money/currency.ts'
import { partnerFor } from '../policy/payout-partner.ts'
import type { Price } from '../policy/pricing.ts'
import type { RateSource } from '../policy/rates/rate-source.ts'
import { joinLegs, type Legs } from '../policy/route.ts'
import type { House } from '../policy/terms.ts'
import { parseAccountNumber } from '../rails/account-number.ts'
import type { Counterparty, RailScheme } from '../rails/rail.ts'
import type { BankLeg, Leg } from '../transfer/terms.ts'
import { atField } from './at-field.ts'
import { type AskedAmount, priceOrder } from './order-price.ts'
import type { amount, destinationLeg, sourceLeg } from './schemas.ts'

export type OrderBody = {
  readonly source: z.output<typeof sourceLeg>
  readonly destination: z.output<typeof destinationLeg>
  /** One of the two. */
  readonly amount?: z.output<typeof amount> | undefined
  readonly destinationAmount?: z.output<typeof amount> | undefined
}

/** What somebody asks for, checked and priced. */
export type Order = { readonly legs: Legs; readonly price: Price }

export type Markets = House & { readonly rates: RateSource }

/** Which money each scheme moves: ACH is dollars, SEPA is euros (NACHA; EPC rulebooks). Wire and book take what the bank takes. */
const schemeCurrencies: Partial<Record<RailScheme, Currency>> = { ach: 'USD', sepa: 'EUR', sepa_inst: 'EUR' }
/** Where the accounts of a currency are, and so how they are written. */
const accountKinds: Partial<Record<Currency, 'iban' | 'aba'>> = { USD: 'aba', EUR: 'iban' }

/** Reads an order. Throws the code of the first thing that is wrong with it, with the path of the field. */
export const readOrder = async (body: OrderBody, markets: Markets): Promise<Order> => {
  const { asked, sourceAsset, sourceAssetPath } = readAsked(body)
  const source = atField('source', () => readLeg(body.source, sourceAsset, sourceAssetPath, markets))
  const destination = atField('destination', () => readDestination(source, body.destination, markets))
  const legs = joinLegs(source, destination)
  return { legs, price: await priceOrder(legs.route, source, destination, asked, markets) }
}

/** What comes from a bank and goes to one is paid out by a partner; everything else leaves from an account or a treasury of ours. */
const readDestination = (source: Leg, leg: OrderBody['destination'], markets: Markets): Leg =>
  source.kind === 'bank' && leg.type === 'bank_account'
    ? bankLeg(leg, partnerBank(markets, leg.rail, leg.asset), leg.asset)
    : readLeg(leg, leg.asset, 'destination.asset', markets)

/** Which of the two amounts is given. The other side's currency is that of its leg; the source's is told by its amount where that is given. */
const readAsked = ({ source, destination, amount, destinationAmount }: OrderBody) => {
  if ((amount === undefined) === (destinationAmount === undefined))
    throw new BridgeError('request_invalid', { path: 'amount', reason: 'either amount or destinationAmount is needed, not both' })
  if (amount !== undefined) {
    if (source.asset !== undefined && source.asset !== amount.asset)
      throw new BridgeError('asset_mismatch', { path: 'source.asset', source: source.asset, amount: amount.asset })
    const asked: AskedAmount = { side: 'source', value: amount.value, path: 'amount.value' }
    return { asked, sourceAsset: amount.asset, sourceAssetPath: 'amount.asset' }
  }
  const { value, asset } = destinationAmount!
  if (source.asset === undefined)
    throw new BridgeError('request_invalid', { path: 'source.asset', reason: 'needed without amount' })
  if (asset !== destination.asset)
    throw new BridgeError('asset_mismatch', { path: 'destinationAmount.asset', destination: destination.asset, amount: asset })
  const asked: AskedAmount = { side: 'destination', value, path: 'destinationAmount.value' }
  return { asked, sourceAsset: source.asset, sourceAssetPath: 'source.asset' }
}

/** The bank account that a quote was missing. Throws the code of the first thing that is wrong with it, with the path of the field. */
export const readSource = (leg: OrderBody['source'], currency: Currency, markets: Markets): Leg =>
  atField('source', () => {
    if (leg.asset !== undefined && leg.asset !== currency)
      throw new BridgeError('asset_mismatch', { path: 'source.asset', source: leg.asset, quote: currency })
    return readLeg(leg, currency, 'source', markets)
  })

const readLeg = (
  leg: OrderBody['source'] | OrderBody['destination'],
  currency: Currency,
  assetPath: string,
  { config, chains }: Markets,
): Leg => {
  if (leg.type === 'bank_account') return bankLeg(leg, bankFor(config.banks, leg.rail, currency, assetPath), currency)
  const chainConfig = config.chains.find(({ id }) => id === leg.chain)
  const chain = chains.get(leg.chain)
  if (chainConfig === undefined || chain === undefined) throw new BridgeError('route_unsupported', { chain: leg.chain })
  if (currencies[currency].kind !== 'token' || !chain.supports(currency))
    throw new BridgeError('asset_mismatch', { path: assetPath, chain: leg.chain, asset: currency })
  const address = chain.parseAddress(leg.address)
  const depositBy = 'depositBy' in leg ? leg.depositBy : undefined
  if (depositBy && chain.deposits?.addresses === undefined)
    throw new BridgeError('deposit_way_unsupported', { path: 'source.depositBy', chain: leg.chain })
  return { kind: 'chain', chain: chainConfig.id, currency, address, ...(depositBy ? { depositBy } : {}) }
}

const bankLeg = (leg: Extract<OrderBody['source'], { type: 'bank_account' }>, bank: BankConfig, currency: Currency): BankLeg => {
  const { name, accountNumber, routingNumber } = leg
  const account = readAccount({ name, accountNumber, ...(routingNumber === undefined ? {} : { routingNumber }) }, currency)
  return { kind: 'bank', rail: bank.id, scheme: leg.rail, currency, account }
}

/** The bank of the partner who pays out. Throws `route_unsupported` and `asset_mismatch`. */
const partnerBank = ({ config: { banks, policy } }: Markets, scheme: RailScheme, currency: Currency): BankConfig => {
  if (!moves(scheme, currency))
    throw new BridgeError('asset_mismatch', { path: 'destination.asset', rail: scheme, asset: currency })
  const { rail } = partnerFor(policy.payoutPartners, currency)
  const bank = banks.find(({ id, schemes }) => id === rail && schemes.includes(scheme))
  if (bank === undefined)
    throw new BridgeError('route_unsupported', { rail: scheme, reason: 'the partner’s bank has no such rail' })
  return bank
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
