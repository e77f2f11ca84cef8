import type { ChainOrder } from '../../../bridge-service/src/chains/chain.ts'
import type { EscrowTerms } from '../escrow-terms.ts'
import type { Flavour } from '../settings.ts'
import type { SimChain } from './chain.ts'
import { type ChainState, isOpen, type TxWish, treasury } from './escrow.ts'
import { escrowIdOf } from './ids.ts'

export type Plan = Pick<TxWish, 'action' | 'escrowId' | 'terms' | 'brought' | 'memo' | 'token'>

/** Something that is asked of a chain under a key. */
export type ChainRequest = {
  readonly key: string
  /** What the key stands for, for ever. */
  readonly body: string
  readonly about: string
  /**
   * What would be sent as the chain stands, or the code with which a node refuses it. Throws `chain_unavailable` when that cannot be told yet.
   */
  readonly plan: (state: ChainState) => Plan | string
}

/** What a node says to a call of the contract on its newest block, or on an older one. */
export const planOfContract = (
  { action, terms }: { readonly action: ChainOrder['action']; readonly terms: EscrowTerms },
  state: ChainState,
  { circumstances: { pausedUntilMs, emptyUntilMs, deniedUntilMs } }: SimChain,
  nowMs: number,
  flavour: Flavour,
): Plan | string => {
  const escrowId = escrowIdOf(terms)
  const escrow = state.escrows.get(escrowId)
  const plan: Plan = { action, escrowId, terms }
  if (action === 'lock') {
    if (escrow !== undefined) return 'EscrowExists'
    if (nowMs < pausedUntilMs) return 'EnforcedPause'
    if (terms.refundAfter * 1_000 <= nowMs) return 'RefundAfterPassed'
    if (terms.payer !== treasury) return plan
    return nowMs < emptyUntilMs || state.treasuryMinor < BigInt(terms.amountMinor) ? 'ERC20InsufficientBalance' : plan
  }
  if (action === 'commit') {
    if (escrow?.status !== 'locked') return 'EscrowNotOpen'
    return terms.refundAfter * 1_000 <= nowMs ? 'CommitTooLate' : plan
  }
  if (!isOpen(escrow)) return 'EscrowNotOpen'
  if (action !== 'release') return plan
  if (nowMs < pausedUntilMs) return 'EnforcedPause'
  return flavour === 'evm' && nowMs < (deniedUntilMs.get(escrowId) ?? 0) ? 'payout_refused' : plan
}
