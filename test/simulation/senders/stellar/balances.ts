import type { ClaimRule } from '../../../../bridge-service/src/chains/stellar/claimants.ts'
import { type ChainState, isOpen } from '../../chain/escrow.ts'

/** A claimable balance: what of the chain's books it is. Amounts in 10⁻⁷. */
export type Balance = {
  readonly id: string
  readonly token: string
  readonly stroops: bigint
  readonly claimants: readonly ClaimRule[]
  /** A fact is that of what a customer has brought. */
  readonly of: { readonly kind: 'hold'; readonly escrowId: `0x${string}` } | { readonly kind: 'brought'; readonly fact: string }
}

export const isThere = ({ of }: Balance, { escrows, brought }: ChainState): boolean =>
  of.kind === 'hold' ? of.escrowId !== undefined && isOpen(escrows.get(of.escrowId)) : brought.get(of.fact)?.status === 'waiting'

/** `closeTime`: of the ledger, Unix seconds. */
export const mayClaim = ({ claimants }: Balance, account: string, closeTime: bigint): boolean =>
  claimants.some(
    rule =>
      rule.account === account &&
      (rule.when === 'always' || (rule.when === 'before' ? closeTime < rule.time : closeTime >= rule.time)),
  )
