import fc from 'fast-check'
import { expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { unknown } from '../../../../test/support/inputs.ts'
import { settledAtMs } from '../../../../test/support/onramp.ts'
import { rebalance } from '../../../../test/support/rebalance.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { RailFact } from '../../rails/rail.ts'
import { cashOf } from '../cash.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { Input } from '../input.ts'
import { type State, states } from '../state.ts'
import type { Transfer } from '../transfer.ts'
import { rebalanceTransitions } from './transitions.ts'

/** What the dice decide: which news arrives next, and what the banks do meanwhile. Every number picks from what is possible then. */
type Die = {
  readonly pick: number
  readonly world: 'quiet' | 'settle' | 'reject' | 'arrive' | 'bounce' | 'giveBack' | 'reverse' | 'cancel' | 'silence' | 'repeat'
}

const anyLife = fc.array(
  fc.record({
    pick: fc.nat(1_000),
    world: fc.constantFrom(
      ...(['quiet', 'quiet', 'settle', 'settle', 'reject', 'arrive', 'arrive', 'bounce', 'giveBack'] as const),
      ...(['reverse', 'cancel', 'silence', 'repeat'] as const),
    ),
  }) as fc.Arbitrary<Die>,
  { maxLength: 40, size: 'max' },
)
const amount = 10_000n

/** One rebalance between two banks that tell the truth: late, and the one that sends it twice; and in any order. */
const live = (dice: readonly Die[]) => {
  const ledger = books()
  const passed = new Set<State>()
  const news: Input[] = []
  const told: Input[] = []
  let nowMs = settledAtMs
  let orders = 0
  /** What each bank has booked on our account, and where the money is meanwhile. */
  const banks = { sent: 0n, got: 0n }
  let order: 'none' | 'held' | 'rejected' | 'underWay' | 'there' | 'back' = 'none'

  const says = (type: RailFact['type']) => {
    nowMs += 1_000
    const fact = { type, bankTransferId: 'bt_1', externalId: 'CW1', at: new Date(nowMs).toISOString() }
    news.push({ type: 'railFact', step: 'payoutFiat', fact })
  }
  const happens: Readonly<Record<Exclude<Die['world'], 'quiet' | 'cancel' | 'silence' | 'repeat'>, () => void>> = {
    settle: () => {
      // Now and then a bank pays what it has refused.
      if (order !== 'held' && !(order === 'rejected' && nowMs % 3 === 0)) return
      order = 'underWay'
      banks.sent -= amount
      says('submitted')
      says('settled')
    },
    reject: () => {
      if (order !== 'held') return
      order = 'rejected'
      says('rejected')
    },
    arrive: () => {
      if (order !== 'underWay') return
      order = 'there'
      banks.got += amount
      says('arrived')
    },
    bounce: () => {
      if (order !== 'underWay') return
      order = 'back'
      banks.sent += amount
      says('returned')
    },
    giveBack: () => {
      if (order !== 'there') return
      order = 'back'
      banks.got -= amount
      banks.sent += amount
      says('arrivalReversed')
      says('returned')
    },
    reverse: () => {
      if (order !== 'back') return
      order = 'underWay'
      banks.sent -= amount
      says('returnReversed')
    },
  }

  const keep = (decision: Decision): Transfer => {
    for (const { entry } of decision.entries) {
      expect(imbalances(entry)).toEqual({})
      ledger.book(entry)
    }
    for (const { step } of decision.intents)
      if (step === 'payoutFiat') {
        orders++
        order = 'held'
      }
    for (const { to } of decision.events) passed.add(to as State)
    return decision.after
  }
  let transfer = keep(request(rebalance(), nowMs))
  /** Whether it is heard; what comes too early is told again. */
  const hear = (input: Input): boolean => {
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
    return !('early' in result)
  }

  const listen = (pick: number): boolean => {
    if (transfer.state === 'requested') return hear({ type: 'screened', list: 'test', availableMinor: 10n ** 12n })
    if (news.length === 0) return false
    const [input] = news.splice(pick % news.length, 1)
    if (!hear(input!)) news.push(input!)
    // A line of a statement counts once; a webhook comes as often as it likes.
    else if (input!.type === 'railFact' && !input!.fact.type.startsWith('arriv')) told.push(input!)
    return true
  }
  const world = ({ world: what, pick }: Die) => {
    if (what === 'cancel') return pick % 5 === 0 ? void hear({ type: 'cancelCommand', reason: 'x' }) : undefined
    if (what === 'silence') return order === 'none' ? undefined : void hear(unknown('payoutFiat'))
    if (what === 'repeat') return told.length > 0 ? void hear(told[pick % told.length]!) : undefined
    if (what !== 'quiet') happens[what]()
  }
  for (const die of dice) {
    world(die)
    listen(die.pick)
  }
  // Then the world comes to rest: everything is settled, has arrived, and is told.
  for (let round = 0; round < 200; round++) {
    happens.settle()
    happens.arrive()
    if (!listen(round)) break
  }
  return { transfer, ledger, banks, passed, orders, order, waiting: news.length }
}

it('a rebalance between two banks that tell the truth late, twice and in any order ends as they say', () => {
  const passed = new Set<State>()
  const { source, destination } = rebalance().terms
  fc.assert(
    fc.property(anyLife, dice => {
      const { transfer, ledger, banks, order, orders, waiting, ...life } = live(dice)
      for (const each of life.passed) passed.add(each)
      expect(waiting, 'everything was heard').toBe(0)
      expect(orders, 'one order at most').toBeLessThanOrEqual(1)
      expect(ledger.balance(cashOf(source)), 'the sending bank’s books').toBe(banks.sent)
      expect(ledger.balance(cashOf(destination)), 'the receiving bank’s books').toBe(banks.got)
      expect(ledger.balance('in_transit:USD'), 'nothing is in transit at rest').toBe(0n)
      const ends = {
        none: ['canceled'],
        held: [],
        rejected: ['failed'],
        underWay: [],
        there: ['completed'],
        back: ['compensated'],
      }
      expect(ends[order], `it is ${order}`).toContain(transfer.state)
    }),
    { seed, numRuns: 3_000 },
  )
  // Negative control: a world in which nothing happened would agree with any ledger. A person has no part in it.
  expect(states.filter(each => each in rebalanceTransitions && each !== 'review' && !passed.has(each))).toEqual([])
})
