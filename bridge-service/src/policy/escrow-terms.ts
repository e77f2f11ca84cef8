import type { ChainConfig } from '../chain-config.ts'
import type { Chain, ChainId, HoldTerms } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Money } from '../money/money.ts'
import type { ChainLeg, Deposit, Funding, TreasuryHold } from '../transfer/terms.ts'
import { finalityFor, finalityVersion } from './finality.ts'

/** A chain as a transfer finds it when it is created. */
export type ServedChain = { readonly config: ChainConfig; readonly chain: Chain }

/**
 * The escrow that the treasury pays into for `payee`; what is refunded goes back to it. What is minted is paid by the token contract itself,
 * which burns it again when it comes back.
 */
export const holdTerms = (
  { config, chain }: ServedChain,
  ref: `0x${string}`,
  amount: Money,
  payee: string,
  funding: Funding = config.funding[amount.currency] ?? 'liquidity',
): TreasuryHold => {
  return {
    chain: config.id,
    funding,
    ...finalityOf(config, amount),
    hold: {
      ref,
      currency: amount.currency,
      amountMinor: amount.minor.toString(),
      payer: funding === 'mint' ? chain.mintPayer(amount.currency) : chain.treasury,
      payee,
      onExpiry: 'release',
      softDeadlineMs: config.softDeadlineMs,
      hardDeadlineMs: config.hardDeadlineMs,
    },
  }
}

/**
 * The customer's own escrow: it is his again if we do not commit it in time, and again if we commit it and never collect it. Throws
 * `deposit_way_unsupported` when he wants an address to transfer to, and the chain has none.
 */
export const depositTerms = (
  { config, chain }: ServedChain,
  ref: `0x${string}`,
  amount: Money,
  customer: ChainLeg,
  createdAtMs: number,
): Deposit => {
  const dueAtMs = createdAtMs + config.depositDueMs
  const refundAfterMs = dueAtMs + config.depositCommitMs
  const own: HoldTerms = {
    ref,
    currency: amount.currency,
    amountMinor: amount.minor.toString(),
    payer: customer.address,
    payee: chain.treasury,
    refundAfter: Math.floor(refundAfterMs / 1000),
    hardDeadline: Math.floor((refundAfterMs + config.hardDeadlineMs) / 1000),
    onExpiry: 'refund',
  }
  return {
    chain: config.id,
    ...finalityOf(config, amount),
    ...(customer.depositBy === 'transfer' ? fromAddress(chain, own) : { terms: own }),
    dueAt: new Date(dueAtMs).toISOString(),
    committedBy: chain.committedBy,
  }
}

/** The same, by way of an address that follows from them. */
const fromAddress = ({ id, deposits }: Chain, own: HoldTerms): Pick<Deposit, 'terms' | 'refundTo'> => {
  if (deposits?.addresses === undefined) throw new BridgeError('deposit_way_unsupported', { chain: id })
  return { terms: { ...own, payer: deposits.addresses.addressOf(own) }, refundTo: own.payer }
}

const finalityOf = ({ id, finality }: ChainConfig, amount: Money) => ({
  finality: finalityFor(new Map([[id as ChainId, finality]]), id, amount),
  finalityPolicy: finalityVersion(finality),
})
