import type { ChainConfig } from '../chain-config.ts'
import type { Chain, ChainId } from '../chains/chain.ts'
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

/** The customer's own escrow: it is his again if we do not commit it in time, and again if we commit it and never collect it. */
export const depositTerms = (
  { config, chain }: ServedChain,
  ref: `0x${string}`,
  amount: Money,
  customer: ChainLeg,
  createdAtMs: number,
): Deposit => {
  const dueAtMs = createdAtMs + config.depositDueMs
  const refundAfterMs = dueAtMs + config.depositCommitMs
  return {
    chain: config.id,
    ...finalityOf(config, amount),
    terms: {
      ref,
      currency: amount.currency,
      amountMinor: amount.minor.toString(),
      payer: customer.address,
      payee: chain.treasury,
      refundAfter: Math.floor(refundAfterMs / 1000),
      hardDeadline: Math.floor((refundAfterMs + config.hardDeadlineMs) / 1000),
      onExpiry: 'refund',
    },
    dueAt: new Date(dueAtMs).toISOString(),
    committedBy: chain.committedBy,
  }
}

const finalityOf = ({ id, finality }: ChainConfig, amount: Money) => ({
  finality: finalityFor(new Map([[id as ChainId, finality]]), id, amount),
  finalityPolicy: finalityVersion(finality),
})
