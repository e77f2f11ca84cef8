import { randomBytes } from 'node:crypto'
import { encodePacked, keccak256, toHex } from 'viem'
import type { Chain } from '../chains/chain.ts'
import type { BankConfig, Config } from '../config.ts'
import { BridgeError } from '../errors.ts'
import type { TransferId } from '../transfer/id.ts'
import type { BankLeg, Route, TermsByRoute } from '../transfer/terms.ts'
import { clearingFor } from './clearing.ts'
import { depositTerms, holdTerms, type ServedChain } from './escrow-terms.ts'
import { type PatienceQuestion, patienceFor } from './patience.ts'
import { atPar, partnerFor } from './payout-partner.ts'
import { priceTermsOf } from './price-terms.ts'
import type { Price } from './pricing.ts'
import type { HouseLegs } from './rebalance.ts'
import type { Legs } from './route.ts'

/** An order, as the policies are asked about it. */
export type TermsRequest = {
  readonly transferId: TransferId
  readonly legs: Legs | HouseLegs
  readonly price: Price
  readonly reference: string | null
  readonly createdAtMs: number
  /** Whether a debit that can come back may be released before it is final. */
  readonly mayAdvance: boolean
  /** Set where the house moves its own money. */
  readonly purpose?: 'rebalance'
}

export type House = {
  readonly config: Pick<Config, 'policy' | 'banks' | 'chains'>
  readonly chains: ReadonlyMap<string, Chain>
}

/** A route, and all that is fixed when a transfer of it is created. */
export type RoutedTerms = { [R in Route]: { readonly route: R; readonly terms: TermsByRoute[R] } }[Route]

/** Throws `route_unsupported` when a bank, a chain or a partner of the legs is no longer served, and `asset_mismatch` when an account is not. */
export const termsOf = (
  { transferId, legs, price, reference, createdAtMs, mayAdvance, purpose }: TermsRequest,
  house: House,
): RoutedTerms => {
  const salt = toHex(randomBytes(32))
  const ref = keccak256(encodePacked(['string', 'bytes32'], [transferId, salt]))
  const { source, destination } = legs
  const common = {
    source,
    destination,
    ...priceTermsOf(price),
    salt,
    reference,
    createdAt: new Date(createdAtMs).toISOString(),
    ...(purpose === undefined ? {} : { purpose }),
  }
  // What is minted empties no pool.
  const funding = purpose === 'rebalance' ? 'liquidity' : undefined
  const clearing = (leg: BankLeg) => clearingFor(house.config.policy.clearing, leg.scheme, price.sourceAmount, mayAdvance)
  const patience = (question: PatienceQuestion) => ({ patience: patienceFor(house.config.policy.patience, question) })
  const debit = (leg: BankLeg) => ({ scheme: leg.scheme, clearingMs: clearing(leg).clearingMs })
  const depositMs = ({ dueAt }: { dueAt: string }) => Date.parse(dueAt) - createdAtMs
  const poolOf = (place: string, { currency }: { currency: string }) => `${place}:${currency}`
  switch (legs.route) {
    case 'onramp': {
      const hold = holdTerms(
        chainOf(house, legs.destination.chain),
        ref,
        price.destinationAmount,
        legs.destination.address,
        funding,
      )
      const terms = {
        ...common,
        ...hold,
        ...patience({ chains: [hold.chain], debit: debit(legs.source) }),
        ...clearing(legs.source),
        pool: poolOf(hold.chain, hold.hold),
        bankAccount: accountAt(house, legs.source),
      }
      return { route: 'onramp', terms }
    }
    case 'offramp': {
      const deposit = depositTerms(chainOf(house, legs.source.chain), ref, price.sourceAmount, legs.source, createdAtMs)
      const { rail, currency } = legs.destination
      return {
        route: 'offramp',
        terms: {
          ...common,
          ...patience({ chains: [deposit.chain], depositMs: depositMs(deposit), payout: legs.destination.scheme }),
          deposit,
          pool: poolOf(rail, { currency }),
          payoutAccount: accountAt(house, legs.destination),
        },
      }
    }
    case 'remittance': {
      const partner = partnerFor(house.config.policy.payoutPartners, legs.destination.currency)
      const served = chainOf(house, partner.chain)
      const hold = holdTerms(served, ref, atPar(price.destinationAmount, partner.asset), partner.address)
      const terms = {
        ...common,
        ...hold,
        ...patience({ chains: [hold.chain], debit: debit(legs.source), payout: legs.destination.scheme }),
        ...clearing(legs.source),
        pool: poolOf(hold.chain, hold.hold),
        bankAccount: accountAt(house, legs.source),
        payoutAccount: partner.account,
        commits: served.chain.committedBy === 'escrow',
      }
      return { route: 'remittance', terms }
    }
    case 'crosschain': {
      const deposit = depositTerms(chainOf(house, legs.source.chain), ref, price.sourceAmount, legs.source, createdAtMs)
      const served = chainOf(house, legs.destination.chain)
      const hold = holdTerms(served, ref, price.destinationAmount, legs.destination.address, funding)
      const waiting = patience({ chains: [deposit.chain, hold.chain], depositMs: depositMs(deposit) })
      return { route: 'crosschain', terms: { ...common, ...waiting, ...hold, deposit, pool: poolOf(hold.chain, hold.hold) } }
    }
    case 'rebalance':
      return {
        route: 'rebalance',
        terms: {
          ...common,
          ...patience({ chains: [], payout: legs.source.scheme }),
          pool: poolOf(legs.source.rail, legs.source),
          payoutAccount: accountAt(house, legs.source),
          arrivalAccount: accountAt(house, legs.destination),
        },
      }
  }
}

const chainOf = ({ config, chains }: House, id: string): ServedChain => {
  const found = config.chains.find(chain => chain.id === id)
  const chain = chains.get(id)
  if (found === undefined || chain === undefined) throw new BridgeError('route_unsupported', { chain: id })
  return { config: found, chain }
}

const accountAt = ({ config }: House, { rail, currency }: BankLeg): string => {
  const bank: BankConfig | undefined = config.banks.find(({ id }) => id === rail)
  if (bank === undefined) throw new BridgeError('route_unsupported', { rail })
  const account = bank.accounts[currency]
  if (account === undefined) throw new BridgeError('asset_mismatch', { rail, asset: currency })
  return account
}
