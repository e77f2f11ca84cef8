import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectLawful, type Life, live, type Telling } from '../../../../test/support/life.ts'
import { bankSays, clearingMs, onramp, place } from '../../../../test/support/onramp.ts'
import { seed } from '../../../../test/support/seed.ts'
import {
  anyStory,
  anyTimes,
  bankWords,
  chainWords,
  commonWords,
  deadlineWords,
  finalityWords,
} from '../../../../test/support/stories.ts'
import type { ChainFactKind, Step } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import type { WaitKind } from '../wait.ts'
import { onrampTransitions } from './transitions.ts'

const steps: Step[] = ['screen', 'debitFiat', 'cancelDebit', 'lockEscrow', 'releaseEscrow', 'refundEscrow', 'creditFiat']
const factOf: { readonly [K in ChainFactKind | WaitKind]?: string } = {
  ...{ escrowLocked: '10', escrowReleased: '20', escrowRefunded: '30' },
  ...{ lock: '10', release: '20', refund: '30' },
}
const words = [
  ...commonWords(steps),
  bankWords(
    4,
    ['debitFiat', 'creditFiat'],
    ['submitted', 'settled', 'rejected', 'returned', 'returnReversed', 'recalled'],
    anyTimes,
  ),
  chainWords(6, 'chainFact', ['escrowLocked', 'escrowReleased', 'escrowRefunded'], kind => factOf[kind]!),
  finalityWords(4, ['lock', 'release', 'refund'], kind => factOf[kind]!),
  deadlineWords(3, ['clearing', 'retryRelease', 'retryRefund', 'patience']),
]
const stories = anyStory(words, 2, [0, 1, 1_000, clearingMs, 12 * 3_600_000])

const patience = {
  debitMs: 3_600_000,
  inclusionMs: 600_000,
  finalityMs: 600_000,
  payoutMs: 3_600_000,
  transferMs: 10 * 86_400_000,
}

const telling: Telling = {
  onwards: {
    requested: { type: 'screened', list: 'test', availableMinor: 10n ** 12n },
    debiting: { type: 'railFact', step: 'debitFiat', fact: bankSays('settled') },
    locking: { type: 'chainFact', kind: 'escrowLocked', status: 'included', place: place('10') },
    locked: { type: 'finalityReached', kind: 'lock', fact: place('10').fact },
    clearing: { type: 'deadlineReached', kind: 'clearing' },
    releasing: { type: 'chainFact', kind: 'escrowReleased', status: 'included', place: place('20') },
    released: { type: 'finalityReached', kind: 'release', fact: place('20').fact },
    refunding: { type: 'chainFact', kind: 'escrowRefunded', status: 'included', place: place('30') },
    refunded: { type: 'finalityReached', kind: 'refund', fact: place('30').fact },
    crediting: { type: 'railFact', step: 'creditFiat', fact: bankSays('settled') },
  },
  wished: ({ step }, { types, after, nowMs }) => {
    if (step === 'creditFiat') {
      expect(types).toContain('debitSettled')
      expect(after.progress.debit?.returned).toBeUndefined()
    }
    if (step === 'releaseEscrow') expect(nowMs).toBeGreaterThanOrEqual(Date.parse(after.progress.debit!.finalAt!))
  },
}

describe.each(['liquidity', 'mint'] as const)('whatever an on-ramp by %s is told, in whatever order', funding => {
  const always = (law: (life: Life) => void) =>
    fc.assert(
      fc.property(stories, story => law(live(onramp({ funding, patience }), story, telling))),
      { seed, numRuns: 2_000 },
    )

  it('keeps every law', () => {
    const reached = new Set<State>()
    always(life => {
      const { transfer, ledger, pools, intents, events, liquidity, passed } = life
      const types = events.map(event => event.type)
      const { state } = transfer
      for (const each of passed) reached.add(each)

      expectLawful(life)
      expect(pools.total('bank:sim:USD'), 'the bank’s pool is its account').toBe(ledger.balance('bank_cash:bank:sim:USD'))
      expect(pools.total('evm:1:USDC'), 'the treasury’s pool has what is locked, too').toBe(
        funding === 'mint' ? 0n : ledger.balance('treasury:evm:1:USDC') + ledger.balance('escrow:evm:1:USDC'),
      )
      expect(types.includes('releaseFinalized') && types.includes('refundFinalized'), 'released and refunded').toBe(false)
      expect(types.filter(type => type === 'creditSettled').length, 'credits back').toBeLessThanOrEqual(1)
      expect([...intents.keys()].filter(key => key.startsWith('creditFiat')).length, 'wishes to credit').toBeLessThanOrEqual(1)
      expect(liquidity.filter(change => change !== 'reserve').length).toBeLessThanOrEqual(liquidity.includes('reserve') ? 1 : 0)

      if (funding === 'mint') {
        expect(liquidity, 'what is minted was never reserved').toEqual([])
        expect(ledger.balance('treasury:evm:1:USDC'), 'inventory').toBe(0n)
        const delivered = types.includes('releaseFinalized') ? 100_000_000n : 0n
        expect(-ledger.balance('issued:evm:1:USDC'), 'issued').toBe(ledger.balance('escrow:evm:1:USDC') + delivered)
      } else expect(ledger.balance('issued:evm:1:USDC')).toBe(0n)

      if (terminalStates.includes(state)) {
        expect(ledger.balance('customer_clearing:USD'), 'customer clearing at rest').toBe(0n)
        expect(ledger.open('pending'), 'holds at rest').toEqual([])
        expect(ledger.balance('escrow:evm:1:USDC'), 'escrow at rest').toBe(0n)
        expect(liquidity).toHaveLength(liquidity.includes('reserve') ? 2 : 0)
      }
      if (state === 'completed') expect(types).toContain('releaseFinalized')
      if (state === 'compensated') {
        const { credit, debit } = transfer.progress
        const paidBack = (credit?.settled && !credit.returned) || debit?.returned !== undefined
        expect(paidBack, 'compensated means that the customer has his money').toBe(true)
      }
    })
    // Negative control: stories that never get anywhere would keep every law too.
    expect(states.filter(state => state in onrampTransitions && !reached.has(state))).toEqual([])
  })
})
