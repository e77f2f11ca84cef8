import type { ChainId } from '../chains/chain.ts'
import type { Money } from '../money/money.ts'
import type { FinalityRequirement } from '../transfer/terms.ts'

/** Up to and with this amount, so much finality; the last tier has no limit. The bigger the amount, the later the payout. */
export type FinalityTier = { readonly uptoMinor: bigint | null; readonly requirement: FinalityRequirement }

/** Finality tiers by chain, smallest amount first. */
export type FinalityPolicy = ReadonlyMap<ChainId, readonly FinalityTier[]>

// Where nobody has said otherwise, only the chain's own word counts.
const strictest: FinalityRequirement = { level: 'finalized', confirmations: 0 }

export const finalityFor = (policy: FinalityPolicy, chain: ChainId, amount: Money): FinalityRequirement =>
  policy.get(chain)?.find(tier => tier.uptoMinor === null || amount.minor <= tier.uptoMinor)?.requirement ?? strictest
