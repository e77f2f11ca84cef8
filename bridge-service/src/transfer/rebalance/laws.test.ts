import fc from 'fast-check'
import { expect, it } from 'vitest'
import { expectLawful, type Life, live, type Telling } from '../../../../test/support/life.ts'
import { settledAtMs } from '../../../../test/support/onramp.ts'
import { rebalance } from '../../../../test/support/rebalance.ts'
import { seed } from '../../../../test/support/seed.ts'
import { anyStory, anyTimes, bankWords, commonWords, deadlineWords } from '../../../../test/support/stories.ts'
import type { RailFact } from '../../rails/rail.ts'
import { cashOf } from '../cash.ts'
import type { Input, Step } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import { hasLeft } from './standing.ts'
import { rebalanceTransitions } from './transitions.ts'

const steps: Step[] = ['screen', 'payoutFiat']
const day = 86_400_000
const patience = { debitMs: 0, inclusionMs: 0, finalityMs: 0, payoutMs: day, transferMs: 3 * day }
const { source, destination } = rebalance().terms

const words = [
  ...commonWords(steps),
  bankWords(
    8,
    ['payoutFiat', 'payoutFiat', 'payoutFiat', 'debitFiat'],
    [
      ...(['submitted', 'settled', 'settled', 'rejected', 'returned', 'returnReversed', 'recalled'] as const),
      ...(['arrived', 'arrived', 'arrivalReversed'] as const),
    ],
    anyTimes,
  ),
  deadlineWords(2, ['patience', 'clearing']),
]
const stories = anyStory(words, 2, [0, 0, 1, 1_000, 3_600_000, day])

const said = (type: RailFact['type']): Input => ({
  type: 'railFact',
  step: 'payoutFiat',
  fact: { type, bankTransferId: 'bt_1', externalId: 'CW1', at: new Date(settledAtMs).toISOString() },
})

const telling: Telling = {
  onwards: {
    requested: { type: 'screened', list: 'test', availableMinor: 10n ** 12n },
    payingOut: said('settled'),
    inTransit: said('arrived'),
  },
  wished: ({ step, attempt }, { types }) => {
    expect(attempt, 'one order for ever').toBe(0)
    if (step === 'payoutFiat') expect(types).toContain('liquidityReserved')
  },
  // The bank speaks of an order that it has.
  canBeSaid: ({ type }, intents) => (type !== 'railFact' && type !== 'railAnswered') || intents.has('payoutFiat 0'),
}

it('whatever two banks say of a rebalance, in whatever order, it keeps every law', () => {
  const reached = new Set<State>()
  const law = (life: Life) => {
    const { transfer, ledger, pools, intents, events, liquidity, passed, timers } = life
    const { state, progress } = transfer
    for (const each of passed) reached.add(each)

    expectLawful(life)
    const at = (leg: typeof source) => {
      const cash = cashOf(leg)
      expect(pools.total(cash.replace('bank_cash:', '')), 'each bank’s pool is its account').toBe(ledger.balance(cash))
      return ledger.balance(cash)
    }
    const [from, to] = [at(source), at(destination)]
    // Each account has what its bank says, whatever the other one says.
    expect(from, 'the sending bank').toBe(hasLeft(progress) ? -10_000n : 0n)
    expect(to, 'the receiving bank').toBe(progress.arrived ? 10_000n : 0n)
    expect(from + to + ledger.balance('in_transit:USD') + ledger.balance('written_off:USD'), 'none of it is gone').toBe(0n)
    expect(events.map(({ type }) => type)).not.toContain('refundPaid')
    expect(ledger.open('pending')).toEqual([])

    expect([...intents.keys()].filter(key => key.startsWith('payoutFiat')).length, 'orders').toBeLessThanOrEqual(1)
    const spent = liquidity.filter(change => change !== 'reserve' && change !== 'restore')
    expect(spent.length, 'redeemed once at most').toBeLessThanOrEqual(liquidity.includes('reserve') ? 1 : 0)
    if (terminalStates.includes(state)) {
      expect(ledger.balance('in_transit:USD'), 'in transit at rest').toBe(0n)
      if (state !== 'resolved') expect(spent).toHaveLength(liquidity.includes('reserve') ? 1 : 0)
    }
    if (state === 'completed') expect([hasLeft(progress), progress.arrived]).toEqual([true, true])
    if (state === 'compensated' || state === 'failed' || state === 'canceled')
      expect([hasLeft(progress), progress.arrived ?? false]).toEqual([false, false])
    if (state === 'payingOut' || state === 'inTransit')
      expect(timers.has('patience') || progress.attention !== undefined, 'a person is told in time').toBe(true)
  }
  fc.assert(
    fc.property(stories, story => law(live(rebalance({ patience }), story, telling))),
    { seed, numRuns: 2_000 },
  )
  // Negative control: stories that never get anywhere would keep every law too.
  expect(states.filter(state => state in rebalanceTransitions && !reached.has(state))).toEqual([])
})
