import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectLawful, type Life, live, type Telling } from '../../../../test/support/life.ts'
import { bankSays, clearingMs, place } from '../../../../test/support/onramp.ts'
import { remittance } from '../../../../test/support/remittance.ts'
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
import type { ChainFactKind, Input, Step } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import type { WaitKind } from '../wait.ts'
import { remittanceTransitions } from './transitions.ts'

const steps: Step[] = [
  ...(['screen', 'debitFiat', 'lockEscrow', 'commitEscrow', 'payoutFiat'] as const),
  ...(['releaseEscrow', 'refundEscrow', 'creditFiat'] as const),
]
const factOf: { readonly [K in ChainFactKind | WaitKind]?: string } = {
  ...{ escrowLocked: '10', escrowCommitted: '15', escrowReleased: '20', escrowRefunded: '30' },
  ...{ escrowClawedBack: '40', deliveryReclaimed: '50' },
  ...{ lock: '10', commit: '15', release: '20', refund: '30' },
}
const nameOf = (kind: ChainFactKind | WaitKind) => factOf[kind]!
const words = [
  ...commonWords(steps),
  bankWords(
    6,
    ['debitFiat', 'creditFiat', 'payoutFiat'],
    ['submitted', 'settled', 'rejected', 'returned', 'returnReversed', 'recalled'],
    anyTimes,
  ),
  chainWords(6, 'chainFact', ['escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded'], nameOf),
  chainWords(1, 'chainFact', ['escrowClawedBack', 'deliveryReclaimed'], nameOf),
  finalityWords(4, ['lock', 'commit', 'release', 'refund'], nameOf),
  deadlineWords(3, ['clearing', 'retryCommit', 'retryRelease', 'retryRefund']),
]
const stories = anyStory(words, 1, [0, 1, 1_000, clearingMs, 12 * 3_600_000])

const included = (kind: ChainFactKind): Input => ({
  type: 'chainFact',
  kind,
  status: 'included',
  place: place(factOf[kind]!),
})

const telling: Telling = {
  onwards: {
    requested: { type: 'screened', list: 'test', availableMinor: 10n ** 12n },
    debiting: { type: 'railFact', step: 'debitFiat', fact: bankSays('settled') },
    locking: included('escrowLocked'),
    locked: { type: 'finalityReached', kind: 'lock', fact: place('10').fact },
    clearing: { type: 'deadlineReached', kind: 'clearing' },
    committing: included('escrowCommitted'),
    committed: { type: 'finalityReached', kind: 'commit', fact: place('15').fact },
    payingOut: { type: 'railFact', step: 'payoutFiat', fact: bankSays('settled') },
    releasing: included('escrowReleased'),
    released: { type: 'finalityReached', kind: 'release', fact: place('20').fact },
    refunding: included('escrowRefunded'),
    refunded: { type: 'finalityReached', kind: 'refund', fact: place('30').fact },
    crediting: { type: 'railFact', step: 'creditFiat', fact: bankSays('settled') },
  },
  wished: ({ step }, { types, after, nowMs, intents }) => {
    const payout = intents.get('payoutFiat 0')
    if (step === 'creditFiat') {
      expect(types).toContain('debitSettled')
      expect(after.progress.debit?.returned).toBeUndefined()
      // Nobody is paid back while the payout may still reach somebody.
      if (payout !== undefined) expect(payout).toBe('FAILED')
    }
    if (step === 'payoutFiat') {
      expect(nowMs).toBeGreaterThanOrEqual(Date.parse(after.progress.debit!.finalAt!))
      expect(types).toContain('lockFinalized')
      expect(types).toContain(after.route === 'remittance' && after.terms.commits ? 'commitFinalized' : 'commitSkipped')
    }
    if (step === 'refundEscrow' && payout !== undefined) expect(payout).toBe('FAILED')
    if (step === 'releaseEscrow') expect(types, 'the partner is paid for what he paid').toContain('payoutSettled')
  },
}

describe.each([
  ['liquidity', true],
  ['liquidity', false],
  ['mint', true],
] as const)('whatever a remittance by %s is told, in whatever order (committed on chain: %s)', (funding, commits) => {
  const always = (law: (life: Life) => void) =>
    fc.assert(
      fc.property(stories, story => law(live(remittance({ funding, commits }), story, telling))),
      { seed, numRuns: 2_000 },
    )

  it('keeps every law', () => {
    const reached = new Set<State>()
    always(life => {
      const { transfer, ledger, pools, intents, waits, events, liquidity, passed } = life
      const types = events.map(event => event.type)
      const { state } = transfer
      for (const each of passed) reached.add(each)

      expectLawful(life)
      expect(pools.total('bank:sim:USD'), 'the bank’s pool is its account').toBe(ledger.balance('bank_cash:bank:sim:USD'))
      expect(pools.total('evm:1:USDC'), 'the treasury’s pool has what is locked, too').toBe(
        funding === 'mint' ? 0n : ledger.balance('treasury:evm:1:USDC') + ledger.balance('escrow:evm:1:USDC'),
      )
      expect(types.includes('releaseFinalized') && types.includes('refundFinalized'), 'released and refunded').toBe(false)
      for (const once of ['creditSettled', 'payoutSettled'] as const)
        expect(types.filter(type => type === once).length, once).toBeLessThanOrEqual(1)
      for (const step of ['creditFiat', 'payoutFiat'])
        expect([...intents.keys()].filter(key => key.startsWith(step)).length, `wishes of ${step}`).toBeLessThanOrEqual(1)
      expect(
        liquidity.filter(change => change !== 'reserve' && change !== 'restore').length,
        'what was reserved goes one way',
      ).toBeLessThanOrEqual(liquidity.includes('reserve') ? 1 : 0)

      const { payout } = transfer.progress
      const settled = payout?.settled === true
      const released = types.includes('releaseFinalized') && !types.includes('deliveryReclaimed')
      const byHand = types.includes('transferResolved')
      const owed = byHand ? 0n : ledger.balance('payout_partner:EUR')
      // He pays what the customer is owed since it has come back to him.
      const refunded = events.reduce(
        (sum, event) => (event.type === 'refundPaid' && event.currency === 'EUR' ? sum + BigInt(event.minor) : sum),
        0n,
      )
      const partner = byHand
        ? 0n
        : -refunded + (released ? 9_000n : 0n) - (settled ? 9_000n : 0n) + (settled && payout?.returned ? 9_000n : 0n)
      expect(owed, 'we owe the partner what he paid out, until he has been paid').toBe(partner)
      if (funding === 'mint') {
        expect(liquidity, 'what is minted was never reserved').toEqual([])
        expect(ledger.balance('treasury:evm:1:USDC'), 'inventory').toBe(0n)
      } else expect(ledger.balance('issued:evm:1:USDC')).toBe(0n)
      // In a person's hands the hold may still be on its way out of the escrow: then somebody waits for it to be final.
      const { holdEnded, release, refund } = transfer.progress
      if (state === 'review')
        expect(holdEnded === true || (!release && !refund) || waits.has('release') || waits.has('refund'), 'review').toBe(true)
      if (holdEnded) {
        expect(ledger.open('pending'), 'the hold has ended').toEqual([])
        expect(ledger.balance('escrow:evm:1:USDC'), 'the hold has ended').toBe(0n)
      }

      if (terminalStates.includes(state)) {
        for (const currency of ['USD', 'EUR'])
          expect(ledger.balance(`customer_clearing:${currency}`), 'customer clearing at rest').toBe(0n)
        expect(ledger.balance('payout_partner:EUR'), 'the partner at rest').toBe(0n)
        expect(ledger.balance('receivable:USD'), 'receivables belong to a person').toBe(0n)
        expect(ledger.open('pending'), 'holds at rest').toEqual([])
        expect(ledger.balance('escrow:evm:1:USDC'), 'escrow at rest').toBe(0n)
        expect(liquidity.filter(change => change !== 'restore')).toHaveLength(liquidity.includes('reserve') ? 2 : 0)
      }
      if (state === 'completed') expect([released, settled]).toEqual([true, true])
      if (state === 'compensated') {
        const { credit, debit } = transfer.progress
        const paidBack = (credit?.settled && !credit.returned) || debit?.returned !== undefined
        expect([paidBack, settled, released], 'the customer has his money, and nothing else').toEqual([true, false, false])
      }
    })
    // Negative control: stories that never get anywhere would keep every law too.
    const possible = states.filter(state => state in remittanceTransitions && (commits || state !== 'committed'))
    expect(possible.filter(state => !reached.has(state))).toEqual([])
  })
})
