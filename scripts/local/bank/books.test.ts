import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openBooks } from './books.ts'
import { openCore } from './core.ts'
import { Problem } from './problem.ts'

const step = fc.oneof(
  fc.record({
    act: fc.constant('order' as const),
    direction: fc.constantFrom('credit' as const, 'debit' as const),
    rail: fc.constantFrom('ach' as const, 'wire' as const, 'book' as const),
    amount: fc.integer({ min: 1, max: 4_000 }),
    who: fc.integer({ min: 0, max: 2 }),
    // Few names, so that orders also meet their own past.
    name: fc.integer({ min: 0, max: 9 }),
  }),
  fc.record({ act: fc.constantFrom('settle' as const, 'cancel' as const, 'return' as const), nth: fc.nat(20) }),
  fc.record({ act: fc.constant('fund' as const), who: fc.integer({ min: 0, max: 2 }), balance: fc.nat(5_000) }),
  fc.record({ act: fc.constant('reject' as const), nth: fc.constant(0) }),
)

test('whatever happens, the books sum to zero and the bridge has what its statement says', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
  console.info(`seed ${seed}`)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const core = openCore({
        settlementDelays: { ach: 'manual', wire: 'manual' },
        openingBalances: { USD: 10_000n, EUR: 0n },
        counterpartyBalance: 6_000n,
      })
      let expected = 10_000n
      try {
        for (const [index, step] of steps.entries()) {
          const nth = 'nth' in step ? core.transfers.list()[step.nth] : undefined
          const before = nth?.status
          if (step.act === 'order') {
            const { direction, rail, amount, who, name } = step
            const counterparty = { name: 'N', accountNumber: `1000${who}`, routingNumber: '021000021' }
            const body = {
              externalId: `x${name}`,
              direction,
              rail,
              amount: String(amount),
              currency: 'USD',
              account: 'acct_bridge_usd',
            }
            const taken = outcomeOf(() => core.transfers.accept(`key-${index}`, { ...body, counterparty }))
            if (taken && !taken.replayed && taken.transfer.status === 'settled') expected += inward(taken.transfer)
          } else if (step.act === 'fund') core.accounts.fundCounterparty('USD', `1000${step.who}`, BigInt(step.balance))
          else if (step.act === 'reject') core.faults.arm({ kind: 'reject', code: 'R03', times: 1 })
          else if (nth && step.act === 'cancel') outcomeOf(() => core.transfers.cancel(nth.id))
          else if (nth && step.act === 'settle') {
            if (core.transfers.settle(nth.id).status === 'settled' && before === 'submitted') expected += inward(nth)
          } else if (nth && step.act === 'return') {
            if (outcomeOf(() => core.transfers.giveBack(nth.id, 'R10')) && before === 'settled') expected -= inward(nth)
          }
          expect(Object.values(core.books.totals()).every(total => total === 0n)).toBe(true)
          expect(core.books.balance('acct_bridge_usd')).toBe(expected)
        }
        const lines = core.books.statement('acct_bridge_usd', 0, 1_000)
        expect(lines.reduce((sum, { line }) => sum + BigInt(line.amountMinor), 0n)).toBe(expected)
        const promised = core.transfers.list().filter(({ status, direction }) => status === 'submitted' && direction === 'credit')
        const left = promised.reduce((sum, { amount }) => sum - BigInt(amount), expected)
        expect(core.transfers.available('acct_bridge_usd')).toBe(left)
      } finally {
        core.close()
      }
    }),
    { seed, numRuns: 150 },
  )
})

test('an entry that does not balance, or names an unknown account, is refused', () => {
  const books = openBooks()
  const at = new Date(0).toISOString()
  for (const id of ['a', 'b'])
    books.apply({ type: 'accountOpened', at, account: { id, currency: 'USD', owner: 'bank' }, entry: [] })
  const entryOf = (first: string, second: string, id = 'b') => [
    { accountId: 'a', currency: 'USD', amountMinor: first },
    { accountId: id, currency: 'USD', amountMinor: second },
  ]
  expect(() => books.apply({ type: 'accountFunded', at, entry: entryOf('5', '-4') })).toThrow('does not balance')
  expect(() => books.apply({ type: 'accountFunded', at, entry: entryOf('5', '-5', 'c') })).toThrow('no account')
  books.apply({ type: 'accountFunded', at, entry: entryOf('5', '-5') })
  expect([books.balance('a'), books.balance('b'), books.entries().length]).toEqual([5n, -5n, 1])
})

const inward = ({ direction, amount }: { direction: string; amount: string }) =>
  (direction === 'debit' ? 1n : -1n) * BigInt(amount)

const outcomeOf = <T>(act: () => T): T | undefined => {
  try {
    return act()
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}
