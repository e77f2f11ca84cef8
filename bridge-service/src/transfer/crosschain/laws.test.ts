import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crosschain } from '../../../../test/support/crosschain.ts'
import { expectLawful, type Life, live, type Telling } from '../../../../test/support/life.ts'
import { deposit, depositHardDeadlineMs, depositRefundAfterMs } from '../../../../test/support/offramp.ts'
import { place } from '../../../../test/support/onramp.ts'
import { seed } from '../../../../test/support/seed.ts'
import { anyStory, chainWords, commonWords, deadlineWords, finalityWords } from '../../../../test/support/stories.ts'
import type { ChainFactKind, Input, Step } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import type { WaitKind } from '../wait.ts'
import { crosschainTransitions } from './transitions.ts'

const steps: Step[] = [
  ...(['screen', 'lockEscrow', 'releaseEscrow', 'refundEscrow'] as const),
  ...(['commitEscrow', 'releaseDeposit', 'refundDeposit'] as const),
]
const factOf: Partial<Record<ChainFactKind, string>> = {
  escrowLocked: '10',
  escrowCommitted: '20',
  escrowReleased: '30',
  escrowRefunded: '40',
  escrowClawedBack: '50',
}
/** The same kinds of facts on the other chain. */
const holdFactOf = (kind: ChainFactKind) => `1${factOf[kind] ?? '60'}`
const factOfWait: Record<WaitKind, string> = {
  deposit: '10',
  commit: '20',
  depositRelease: '30',
  depositRefund: '40',
  lock: '110',
  release: '130',
  refund: '140',
}

const words = [
  ...commonWords(steps),
  chainWords(
    8,
    'depositFact',
    [
      ...(['escrowLocked', 'escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded'] as const),
      ...(['escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded', 'escrowClawedBack'] as const),
    ],
    kind => factOf[kind]!,
  ),
  chainWords(
    7,
    'chainFact',
    [
      ...(['escrowLocked', 'escrowReleased', 'escrowRefunded'] as const),
      ...(['escrowLocked', 'escrowReleased', 'escrowRefunded', 'escrowClawedBack', 'deliveryReclaimed'] as const),
    ],
    holdFactOf,
  ),
  finalityWords(
    5,
    ['deposit', 'commit', 'depositRelease', 'depositRefund', 'lock', 'release', 'refund'],
    kind => factOfWait[kind],
  ),
  deadlineWords(3, [
    ...(['deposit', 'retryCommit', 'retryDepositRelease', 'retryDepositRefund'] as const),
    ...(['retryRelease', 'retryRefund'] as const),
  ]),
]
const stories = anyStory(words, 2, [0, 0, 1, 1_000, 600_000, 3_600_000])

const told = (kind: ChainFactKind): Input => ({
  type: 'depositFact',
  kind,
  status: 'included',
  place: place(factOf[kind]!),
})
const toldOfHold = (kind: ChainFactKind): Input => ({
  type: 'chainFact',
  kind,
  status: 'included',
  place: place(holdFactOf(kind)),
})
const final = (kind: WaitKind): Input => ({ type: 'finalityReached', kind, fact: place(factOfWait[kind]).fact })

const telling: Telling = {
  dropsIgnored: true,
  onwards: {
    requested: { type: 'screened', list: 'test', availableMinor: 10n ** 12n },
    awaitingDeposit: told('escrowLocked'),
    deposited: final('deposit'),
    committing: told('escrowCommitted'),
    committed: final('commit'),
    locking: toldOfHold('escrowLocked'),
    locked: final('lock'),
    releasing: toldOfHold('escrowReleased'),
    released: final('release'),
    refunding: toldOfHold('escrowRefunded'),
    refunded: final('refund'),
    collecting: told('escrowReleased'),
    collected: final('depositRelease'),
    refundingDeposit: told('escrowRefunded'),
    refundedDeposit: final('depositRefund'),
  },
  wished: ({ step, attempt }, { types, after, nowMs }) => {
    if (step === 'lockEscrow') {
      expect(types).toContain('commitFinalized')
      expect(types).not.toContain('compensationStarted')
    }
    if (step === 'releaseEscrow' && attempt === 0) {
      expect(types).toContain('lockFinalized')
      if (after.route === 'crosschain' && after.terms.deposit.committedBy === 'escrow')
        expect(nowMs, 'delivered only while nobody else can refund').toBeLessThan(depositHardDeadlineMs)
    }
    if (step === 'releaseDeposit') expect(types).toContain('releaseFinalized')
    if (step === 'refundDeposit') expect(types).not.toContain('releaseFinalized')
    if (step === 'commitEscrow' && attempt === 0) expect(nowMs).toBeLessThan(depositRefundAfterMs)
  },
}

describe.each([
  ['escrow', 'liquidity'],
  ['balance', 'liquidity'],
  ['escrow', 'mint'],
] as const)('whatever a crosschain transfer by %s and %s is told, in whatever order', (committedBy, funding) => {
  it('keeps every law', () => {
    const reached = new Set<State>()
    const law = (life: Life) => {
      const { transfer, ledger, pools, events, liquidity, passed } = life
      const types = events.map(event => event.type)
      const { state, progress } = transfer
      for (const each of passed) reached.add(each)

      expectLawful(life)
      expect(pools.total('evm:1:USDC'), 'what is collected is in the treasury’s pool').toBe(ledger.balance('treasury:evm:1:USDC'))
      expect(pools.total('evm:2:USDC'), 'the treasury’s pool has what is locked, too').toBe(
        funding === 'mint' ? 0n : ledger.balance('treasury:evm:2:USDC') + ledger.balance('escrow:evm:2:USDC'),
      )
      const finals = ['depositReleaseFinalized', 'depositRefundFinalized', 'releaseFinalized', 'refundFinalized'] as const
      for (const once of finals) expect(types.filter(type => type === once).length, once).toBeLessThanOrEqual(1)
      expect(types.includes('releaseFinalized') && types.includes('refundFinalized'), 'delivered and refunded').toBe(false)
      expect(
        types.includes('depositReleaseFinalized') && types.includes('depositRefundFinalized'),
        'collected and given back',
      ).toBe(false)
      const spent = liquidity.filter(change => change !== 'reserve' && change !== 'restore')
      expect(spent.length).toBeLessThanOrEqual(liquidity.includes('reserve') ? 1 : 0)

      if (funding === 'mint') {
        expect(liquidity, 'what is minted was never reserved').toEqual([])
        expect(ledger.balance('treasury:evm:2:USDC'), 'inventory').toBe(0n)
      } else expect(ledger.balance('issued:evm:2:USDC')).toBe(0n)

      if (terminalStates.includes(state)) {
        expect(ledger.balance('customer_clearing:USDC'), 'customer clearing at rest').toBe(0n)
        expect(ledger.open('pending'), 'holds at rest').toEqual([])
        for (const chain of ['evm:1', 'evm:2'] as const) expect(ledger.balance(`escrow:${chain}:USDC`), 'escrow at rest').toBe(0n)
        expect(ledger.balance('receivable:USDC'), 'nobody owes at rest').toBe(0n)
        expect(spent).toHaveLength(liquidity.includes('reserve') ? 1 : 0)
      }
      if (state === 'completed') {
        expect(types).toContain('releaseFinalized')
        expect(ledger.balance('treasury:evm:1:USDC') + ledger.balance('exposure:evm:1:USDC')).toBe(100_250_000n)
      }
      if (state === 'compensated') expect(types).not.toContain('releaseFinalized')
      if (state === 'compensated') expect(progress.deposit?.refunded).toBe(true)
      if (state === 'failed' || state === 'canceled') expect(types).not.toContain('releaseFinalized')
    }
    fc.assert(
      fc.property(stories, story => law(live(crosschain({ funding, deposit: deposit(committedBy) }), story, telling))),
      { seed, numRuns: 2_000 },
    )
    // Negative control: stories that never get anywhere would keep every law too.
    const unknown: readonly State[] = committedBy === 'balance' ? ['collecting', 'collected'] : []
    expect(states.filter(state => state in crosschainTransitions && !reached.has(state) && !unknown.includes(state))).toEqual([])
  })
})
