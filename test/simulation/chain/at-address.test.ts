import { describe, expect, it } from 'vitest'
import type { EscrowTerms } from '../escrow-terms.ts'
import { addressOf, lockedTermsOf, lyingAt, nativeCoin } from './at-address.ts'
import { emptyState, execute, type TxWish } from './escrow.ts'
import { escrowIdOf } from './ids.ts'

const terms: EscrowTerms = {
  ...{ ref: '0x01', currency: 'USDC', amountMinor: '100', payer: '0x44', payee: '0x22' },
  ...{ refundAfter: 1_000, hardDeadline: 2_000, onExpiry: 'refund' },
}
const address = addressOf(terms)
const escrowId = escrowIdOf(lockedTermsOf(terms))
const beforeMs = 999_000
const afterMs = 1_000_000

/** What becomes of some wishes, one after the other: how much lies there in the end, or the first error. */
const after = (atMs: number, ...wishes: readonly (Pick<TxWish, 'action'> & Partial<TxWish>)[]): string => {
  const state = emptyState(0n)
  for (const wish of wishes) {
    const result = execute(state, { hash: '0x', escrowId, terms, sender: 'bridge', about: '', ...wish }, atMs, undefined)
    if (typeof result === 'string') return result
  }
  return `${lyingAt(state, address, 'USDC')} ${lyingAt(state, address, nativeCoin)}`
}
const bring = (units: string, token?: string) => ({ action: 'transfer', units, ...(token ? { token } : {}) }) as const
const lock = { action: 'lockThere' } as const
const recover = { action: 'recover' } as const
const asStranger = { ...recover, sender: 'stranger' } as const

// The contract's own tests say the same of it: contracts/test/DepositAddresses.t.sol, and the invariants.
describe('a deposit address', () => {
  it.each<[string, string, number, Parameters<typeof after>[1][]]>([
    ['locks what is enough, and leaves the rest', '7 0', beforeMs, [bring('107'), lock]],
    ['locks nothing of too little', 'NotEnough', beforeMs, [bring('99'), lock]],
    ['locks once', 'EscrowExists', beforeMs, [bring('200'), lock, lock]],
    ['locks nothing that would be overdue', 'RefundAfterPassed', afterMs, [bring('100'), lock]],
    ['gives a stranger nothing that is waited for', 'NothingToRecover', beforeMs, [bring('100'), asStranger]],
    ['gives a stranger what is too much', '100 0', beforeMs, [bring('103'), asStranger]],
    ['gives a stranger all when it is overdue', '0 0', afterMs, [bring('100'), asStranger]],
    ['gives a stranger all that comes after the lock', '0 0', beforeMs, [bring('100'), lock, bring('100'), asStranger]],
    [
      'gives an operator all, and its owner',
      '0 0',
      beforeMs,
      [bring('9'), recover, bring('8'), { ...recover, sender: 'customer' }],
    ],
    [
      'gives back another coin at once',
      '5 0',
      beforeMs,
      [bring('5'), bring('3', nativeCoin), { ...asStranger, token: nativeCoin }],
    ],
    ['gives nothing of nothing', 'NothingToRecover', beforeMs, [bring('1'), recover, recover]],
    [
      'has what its escrow gives back',
      '100 0',
      beforeMs,
      [bring('100'), lock, { action: 'refund', terms: lockedTermsOf(terms) }],
    ],
  ])('%s', (_what, left, atMs, wishes) => {
    expect(after(atMs, ...wishes)).toBe(left)
  })
})
