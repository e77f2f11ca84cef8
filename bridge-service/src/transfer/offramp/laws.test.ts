import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectLawful, type Life, live, type Telling } from '../../../../test/support/life.ts'
import { deposit, depositHardDeadlineMs, depositRefundAfterMs, offramp, payoutSays } from '../../../../test/support/offramp.ts'
import { place } from '../../../../test/support/onramp.ts'
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
import { offrampTransitions } from './transitions.ts'

const steps: Step[] = ['screen', 'payoutFiat', 'commitEscrow', 'releaseDeposit', 'refundDeposit']
const factOf: Partial<Record<ChainFactKind, string>> = {
  escrowLocked: '10',
  escrowCommitted: '20',
  escrowReleased: '30',
  escrowRefunded: '40',
  escrowClawedBack: '50',
}
const factOfWait: Partial<Record<WaitKind, string>> = { deposit: '10', commit: '20', depositRelease: '30', depositRefund: '40' }

const words = [
  ...commonWords(steps),
  bankWords(
    3,
    ['payoutFiat', 'payoutFiat', 'debitFiat'],
    ['submitted', 'settled', 'rejected', 'returned', 'returnReversed'],
    anyTimes,
  ),
  chainWords(
    8,
    'depositFact',
    [
      ...(['escrowLocked', 'escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded'] as const),
      ...(['escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded', 'escrowClawedBack'] as const),
    ],
    kind => factOf[kind]!,
  ),
  finalityWords(4, ['deposit', 'commit', 'depositRelease', 'depositRefund', 'lock'], kind => factOfWait[kind] ?? '10'),
  deadlineWords(3, ['deposit', 'retryCommit', 'retryDepositRelease', 'retryDepositRefund']),
]
const stories = anyStory(words, 2, [0, 0, 1, 1_000, 600_000, 3_600_000])

const told = (kind: ChainFactKind): Input => ({
  type: 'depositFact',
  kind,
  status: 'included',
  place: place(factOf[kind]!),
})
const final = (kind: WaitKind): Input => ({ type: 'finalityReached', kind, fact: place(factOfWait[kind]!).fact })

const telling: Telling = {
  dropsIgnored: true,
  onwards: {
    requested: { type: 'screened', list: 'test', availableMinor: 10n ** 12n },
    awaitingDeposit: told('escrowLocked'),
    deposited: final('deposit'),
    committing: told('escrowCommitted'),
    committed: final('commit'),
    payingOut: { type: 'railFact', step: 'payoutFiat', fact: payoutSays('settled') },
    collecting: told('escrowReleased'),
    collected: final('depositRelease'),
    refundingDeposit: told('escrowRefunded'),
    refundedDeposit: final('depositRefund'),
  },
  wished: ({ step, attempt }, { types, after, nowMs }) => {
    if (step === 'payoutFiat') {
      expect(types).toContain('commitFinalized')
      expect(types).not.toContain('compensationStarted')
      if (after.route === 'offramp' && after.terms.deposit.committedBy === 'escrow')
        expect(nowMs, 'paid out only while nobody else can refund').toBeLessThan(depositHardDeadlineMs)
    }
    if (step === 'commitEscrow' && attempt === 0) expect(nowMs).toBeLessThan(depositRefundAfterMs)
    if (step === 'releaseDeposit') expect(after.progress.payout?.settled).toBe(true)
  },
  // The bank speaks of an order that it has.
  canBeSaid: ({ type }, intents) => (type !== 'railFact' && type !== 'railAnswered') || intents.has('payoutFiat 0'),
}

describe.each(['escrow', 'balance'] as const)('whatever an off-ramp by %s is told, in whatever order', committedBy => {
  it('keeps every law', () => {
    const reached = new Set<State>()
    const law = (life: Life) => {
      const { transfer, ledger, pools, intents, events, liquidity, passed } = life
      const types = events.map(event => event.type)
      const { state, progress } = transfer
      for (const each of passed) reached.add(each)

      expectLawful(life)
      expect(pools.total('bank:sim:USD'), 'the bank’s pool is its account').toBe(ledger.balance('bank_cash:bank:sim:USD'))
      expect(pools.total('evm:1:USDC'), 'what is collected is in the treasury’s pool').toBe(ledger.balance('treasury:evm:1:USDC'))
      expect([...intents.keys()].filter(key => key.startsWith('payoutFiat')).length, 'payouts').toBeLessThanOrEqual(1)
      const count = (wanted: (typeof types)[number]) => types.filter(type => type === wanted).length
      for (const once of ['depositReleaseFinalized', 'depositRefundFinalized', 'payoutSettled'] as const)
        expect(count(once), once).toBeLessThanOrEqual(1)
      expect(count('payoutReturned'), 'it comes back once for each time that the bank takes that back').toBeLessThanOrEqual(
        count('payoutReturnReversed') + 1,
      )
      expect(
        types.includes('depositReleaseFinalized') && types.includes('depositRefundFinalized'),
        'collected and given back',
      ).toBe(false)
      const spent = liquidity.filter(change => change !== 'reserve' && change !== 'restore')
      expect(spent.length).toBeLessThanOrEqual(liquidity.includes('reserve') ? 1 : 0)

      if (terminalStates.includes(state)) {
        expect(ledger.balance('customer_clearing:USDC'), 'customer clearing at rest').toBe(0n)
        expect(ledger.balance('customer_clearing:USD'), 'what is owed to the customer at rest').toBe(0n)
        expect(ledger.balance('escrow:evm:1:USDC'), 'escrow at rest').toBe(0n)
        expect(ledger.balance('receivable:USDC'), 'nobody owes at rest').toBe(0n)
        expect(spent).toHaveLength(liquidity.includes('reserve') ? 1 : 0)
      }
      expect(ledger.open('pending')).toEqual([])
      if (state === 'completed') {
        expect(progress.payout, 'completed means that the customer has his fiat').toMatchObject({ settled: true })
        expect(progress.payout?.returned).toBeUndefined()
        expect(ledger.balance('treasury:evm:1:USDC') + ledger.balance('exposure:evm:1:USDC')).toBe(100_250_000n)
      }
      if (state === 'compensated') {
        expect(types).toContain('depositRefundFinalized')
        expect(ledger.balance('bank_cash:bank:sim:USD'), 'compensated means that nothing was paid out').toBe(0n)
      }
      if (state === 'failed' || state === 'canceled') expect(ledger.balance('bank_cash:bank:sim:USD')).toBe(0n)
    }
    fc.assert(
      fc.property(stories, story => law(live(offramp({ deposit: deposit(committedBy) }), story, telling))),
      { seed, numRuns: 2_000 },
    )
    // Negative control: stories that never get anywhere would keep every law too.
    const unknown: readonly State[] = committedBy === 'balance' ? ['collecting', 'collected'] : []
    expect(states.filter(state => state in offrampTransitions && !reached.has(state) && !unknown.includes(state))).toEqual([])
  })
})
