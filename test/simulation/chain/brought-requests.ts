import type { ChainOrder } from '../../../bridge-service/src/chains/chain.ts'
import type { StrayMoney } from '../../../bridge-service/src/chains/deposits.ts'
import { BridgeError } from '../../../bridge-service/src/errors.ts'
import type { Brought } from './brought.ts'
import { type ChainState, treasury } from './escrow.ts'
import { escrowIdOf } from './ids.ts'
import type { Plan } from './request.ts'

/** What becomes of an order that was stored: `open` while nobody can say. */
export type Fate = 'open' | 'done' | 'dead'

/** What of these actions was ever stored about something brought; at most one of a kind can have its effect. */
export type OrdersOf = (fact: string, action: 'claim' | 'return') => { readonly key: string; readonly fate: Fate } | undefined

const unavailable = (reason: string) => new BridgeError('chain_unavailable', { reason })

/**
 * What an order about a customer's deposit asks of a ledger. To commit is to claim his balance, which collects it, too; a payment is ours as it
 * comes. What goes back is the balance as long as it is one, and a payment out of the treasury from then on.
 */
export const planOfDeposit = (
  { key, action, terms, depositFact: fact }: ChainOrder,
  state: ChainState,
  nowMs: number,
  ordersOf: OrdersOf,
  canBePaid: boolean,
): Plan | string => {
  if (action === 'lock' || action === 'release') return 'deposit_is_the_customers'
  const found = state.brought.get(fact ?? '')
  if (fact === undefined || found === undefined) throw unavailable('the deposit is not on the ledger')
  if (action === 'refund') return planOfReturn(key, found, nowMs, ordersOf, canBePaid)
  if (found.way === 'payment') return 'deposit_is_ours'
  const twin = twinOf(key, fact, 'claim', ordersOf)
  if (twin !== undefined) return twin
  if (terms.refundAfter * 1_000 <= nowMs) return 'escrow_expired'
  if (found.status !== 'waiting') throw unavailable('the deposit is not on the ledger')
  if (found.escrowId !== escrowIdOf(terms)) return 'deposit_differs'
  return { action: 'claim', escrowId: found.escrowId, terms: found.terms, brought: fact }
}

/** Whole, to where it came from. */
export const planOfReturn = (
  key: string,
  { fact, way, escrowId, terms, status }: Brought,
  nowMs: number,
  ordersOf: OrdersOf,
  canBePaid: boolean,
  memo?: 'return',
): Plan | string => {
  const twin = twinOf(key, fact, 'return', ordersOf)
  if (twin !== undefined) return twin
  const plan: Plan = { action: 'return', escrowId, terms, brought: fact, ...(memo === undefined ? {} : { memo }) }
  if (!canBePaid) return 'trustline_missing'
  if (way === 'payment') return status === 'claimed' ? plan : 'deposit_returned'
  const claim = ordersOf(fact, 'claim')
  if (claim?.fate === 'open') throw unavailable('what became of the claim is not known yet')
  if (claim?.fate === 'done') return plan
  if (status !== 'waiting') return 'deposit_absent'
  return terms.refundAfter * 1_000 <= nowMs ? 'escrow_expired' : plan
}

const twinOf = (key: string, fact: string, action: 'claim' | 'return', ordersOf: OrdersOf): string | undefined => {
  const other = ordersOf(fact, action)
  if (other === undefined || other.key === key || other.fate === 'dead') return undefined
  if (other.fate === 'open') throw unavailable('the same is still open under another key')
  return action === 'claim' ? 'deposit_claimed' : 'deposit_returned'
}

/** How something that no transfer takes comes back, as the ledger stands. */
export const wayBackOf = ({ fact, balanceId }: StrayMoney, { brought }: ChainState, nowMs: number) => {
  if (balanceId === null) return { kind: 'byUs' } as const
  const found = brought.get(fact)
  if (found?.status !== 'waiting') return { kind: 'over' } as const
  const { refundAfter, payee } = found.terms
  if (refundAfter * 1_000 <= nowMs) return { kind: 'byItself', from: refundAfter } as const
  return payee === treasury ? ({ kind: 'byUs' } as const) : ({ kind: 'byItself', from: refundAfter } as const)
}
