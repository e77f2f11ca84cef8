import { randomBytes } from 'node:crypto'
import { encodePacked, keccak256, toHex } from 'viem'
import type { ChainConfig } from '../chain-config.ts'
import type { Chain } from '../chains/chain.ts'
import type { BankConfig, Policy } from '../config.ts'
import { BridgeError } from '../errors.ts'
import type { TransferId } from '../transfer/id.ts'
import type { BankLeg, ChainLeg, Leg, OnrampTerms, Route } from '../transfer/terms.ts'
import { clearingMsFor } from './clearing.ts'
import { finalityFor, finalityVersion } from './finality.ts'
import { patienceFor } from './patience.ts'
import { priceTermsOf } from './price-terms.ts'
import type { Price } from './pricing.ts'

/** What the policies say about a transfer, with its price: all that is fixed when it is created. */
export type TermsRequest = {
  readonly transferId: TransferId
  readonly source: BankLeg
  readonly destination: ChainLeg
  readonly price: Price
  readonly reference: string | null
  readonly createdAtMs: number
}

export type TermsPolicy = {
  readonly policy: Policy
  readonly bank: BankConfig
  readonly chainConfig: ChainConfig
  readonly chain: Chain
}

/** Throws `route_unsupported` for legs that no route joins yet. */
export const routeOf = (source: Leg, destination: Leg): Route => {
  if (source.kind === 'bank' && destination.kind === 'chain') return 'onramp'
  throw new BridgeError('route_unsupported', { source: source.kind, destination: destination.kind })
}

/**
 * The terms of an on-ramp: the treasury pays into the escrow, the customer is its payee, and what is refunded goes back to the treasury. What
 * is minted is paid by the token contract itself, which burns it again when it comes back.
 */
export const onrampTerms = (request: TermsRequest, { policy, bank, chainConfig, chain }: TermsPolicy): OnrampTerms => {
  const { source, destination, price } = request
  const bankAccount = bank.accounts[source.currency]
  if (bankAccount === undefined) throw new BridgeError('asset_mismatch', { rail: bank.id, asset: source.currency })
  const funding = chainConfig.funding[destination.currency] ?? 'liquidity'
  const clearingMs = clearingMsFor(policy.clearing, source.scheme, price.sourceAmount)
  const salt = toHex(randomBytes(32))
  return {
    source,
    destination,
    ...priceTermsOf(price),
    finality: finalityFor(new Map([[chainConfig.id, chainConfig.finality]]), chainConfig.id, price.destinationAmount),
    finalityPolicy: finalityVersion(chainConfig.finality),
    clearingMs,
    patience: patienceFor(policy.patience, { chain: chainConfig.id, debit: { scheme: source.scheme, clearingMs } }),
    hold: {
      ref: keccak256(encodePacked(['string', 'bytes32'], [request.transferId, salt])),
      currency: destination.currency,
      amountMinor: price.destinationAmount.minor.toString(),
      payer: funding === 'mint' ? chain.mintPayer(destination.currency) : chain.treasury,
      payee: destination.address,
      onExpiry: 'release',
      softDeadlineMs: chainConfig.softDeadlineMs,
      hardDeadlineMs: chainConfig.hardDeadlineMs,
    },
    salt,
    chain: chainConfig.id,
    funding,
    pool: `${chainConfig.id}:${destination.currency}`,
    bankAccount,
    reference: request.reference,
    createdAt: new Date(request.createdAtMs).toISOString(),
  }
}
