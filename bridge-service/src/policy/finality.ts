import { createHash } from 'node:crypto'
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

/** Names what the tiers of a chain say: other tiers are another version, and the same ones again the same. */
export const finalityVersion = (tiers: readonly FinalityTier[]): string => {
  const text = JSON.stringify(tiersToJson(tiers))
  return `fp_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

export const tiersToJson = (tiers: readonly FinalityTier[]) =>
  tiers.map(({ uptoMinor, requirement: { level, confirmations } }) => ({
    uptoMinor: uptoMinor === null ? null : uptoMinor.toString(),
    requirement: { level, confirmations },
  }))
