import type { TxWish } from '../../chain/escrow.ts'
import type { EscrowTerms } from '../../escrow-terms.ts'
import { accountOf } from './accounts.ts'
import type { Balance } from './balances.ts'
import type { Deed, ReadEnvelope } from './envelope.ts'

/** What a transaction of ours is, in the words of the chain's books. */
export type LedgerWish = Pick<TxWish, 'action' | 'escrowId' | 'terms' | 'delivery' | 'brought' | 'memo' | 'paid'>

export type Lock = Extract<Deed, { kind: 'create' }>
export type Hold = { readonly terms: EscrowTerms; readonly escrowId: `0x${string}` }

/** What has to be known beside the bytes. All of it throws on what was never heard of. */
export type Known = {
  /** Of the hold that a lock is to make: whose it will be the ledger does not know. */
  readonly holdOf: (ref: string, lock: Lock) => Hold
  readonly balanceOf: (id: string) => Hold & { readonly balance: Balance }
  /** Which of what was brought a payment gives back. */
  readonly paidBackBy: (envelope: ReadEnvelope) => Hold & { readonly fact: string }
}

/** Says what an envelope asks for. Throws on one that no order of ours can have made: a claim that pays somebody else, or another amount. */
export const wishOf = (envelope: ReadEnvelope, known: Known): LedgerWish => {
  const { deeds, memo } = envelope
  const [first, second, ...others] = deeds
  if (first === undefined || others.length > 0) throw new Error('a transaction of another making')
  if (first.kind === 'create') return { action: 'lock', ...known.holdOf(memo.hash, first) }
  if (first.kind === 'pay') {
    const { fact: brought, ...what } = known.paidBackBy(envelope)
    return { action: 'return', ...what, brought, paid: true, ...(memo.type === 'memoReturn' ? { memo: 'return' } : {}) }
  }
  const { balance, terms, escrowId } = known.balanceOf(first.balanceId)
  if (second !== undefined && (second.kind === 'claim' || second.stroops !== balance.stroops || second.token !== balance.token))
    throw new Error('what was claimed is not what is paid')
  const what = { terms, escrowId }
  if (balance.of.kind === 'brought') {
    if (second?.kind === 'pay' && second.to !== accountOf(terms.payer)) throw new Error('a deposit goes back to somebody else')
    return { action: second === undefined ? 'claim' : 'return', ...what, brought: balance.of.fact }
  }
  if (second?.kind === 'create') {
    if (second.claimants[0]?.account !== accountOf(terms.payee)) throw new Error('a delivery to somebody else')
    return { action: 'release', ...what, delivery: true }
  }
  const paid = second?.to ?? first.source
  if (paid === accountOf(terms.payer)) return { action: 'refund', ...what }
  if (paid === accountOf(terms.payee)) return { action: 'release', ...what }
  throw new Error('what was claimed is paid to somebody else')
}
