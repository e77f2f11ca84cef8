import type { EscrowTerms } from '../escrow-terms.ts'
import type { ChainState, EscrowEvent, TxWish } from './escrow.ts'
import { paymentIdOf } from './ids.ts'

/** What somebody has brought to a ledger by himself: a balance that two may claim, one before a time and one from then on, or a payment. */
export type Brought = {
  /** The fact that told of it: two of the same terms are two. */
  readonly fact: string
  readonly way: 'balance' | 'payment'
  readonly escrowId: `0x${string}`
  readonly terms: EscrowTerms
  /** A payment is the treasury's as it comes. What goes back is `returned` by the bridge, or `takenBack` by whose it was. */
  status: 'waiting' | 'claimed' | 'returned' | 'takenBack' | 'clawedBack'
}

/** The currency that the treasury counts. Whatever else comes in lies beside it. */
export const ownToken = 'USDC'

/** What a transaction does to something brought, or the code with which the ledger refuses it. */
export const executeBrought = (state: ChainState, wish: TxWish, timeMs: number): readonly EscrowEvent[] | string => {
  const { action, escrowId, terms, hash, memo, paid } = wish
  const earn = (amount: bigint) => {
    if (terms.currency === ownToken) state.treasuryMinor += amount
  }
  const amount = BigInt(terms.amountMinor)
  if (action === 'bring' || action === 'pay') {
    const fact = `${hash}:0`
    const way = action === 'bring' ? 'balance' : 'payment'
    state.brought.set(fact, { fact, way, escrowId, terms, status: way === 'balance' ? 'waiting' : 'claimed' })
    if (way === 'payment') earn(amount)
    const also = way === 'payment' ? { payee: terms.payee } : { balanceId: fact, refundAfter: String(terms.refundAfter) }
    return [{ kind: 'depositReceived', escrowId, terms, also }]
  }
  const found = state.brought.get(wish.brought ?? '')
  if (found === undefined) return 'op_does_not_exist'
  const end = (kind: EscrowEvent['kind']): readonly EscrowEvent[] => [
    { kind, escrowId: found.escrowId, terms, also: { balance: 'deposit', madeBy: found.fact } },
  ]
  const isOurs = timeMs < terms.refundAfter * 1_000
  if (action === 'return' && (paid || found.status === 'claimed')) {
    found.status = 'returned'
    earn(-amount)
    // What goes back under the hash of what brought it is nobody's refund.
    return memo === 'return' ? [] : [{ kind: 'escrowRefunded', escrowId: paymentIdOf(terms), terms, also: {} }]
  }
  if (found.status !== 'waiting') return 'op_does_not_exist'
  if (action === 'clawback') {
    found.status = 'clawedBack'
    return end('escrowClawedBack')
  }
  if (isOurs === (action === 'takeBack')) return 'op_cannot_claim'
  if (action === 'claim') {
    found.status = 'claimed'
    earn(amount)
    return end('escrowReleased')
  }
  found.status = action === 'return' ? 'returned' : 'takenBack'
  return end('escrowRefunded')
}
