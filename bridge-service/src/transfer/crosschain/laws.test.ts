import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { crosschain } from '../../../../test/support/crosschain.ts'
import { deposit, depositHardDeadlineMs, depositRefundAfterMs } from '../../../../test/support/offramp.ts'
import { place, settledAtMs } from '../../../../test/support/onramp.ts'
import { anyWord, asSeen } from '../../../../test/support/operators.ts'
import { poolBooks } from '../../../../test/support/pools.ts'
import { seed } from '../../../../test/support/seed.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { evolve } from '../evolve.ts'
import type { ChainFactKind, Input, OperatorInput, Step, TimerKind } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import type { Transfer, Unborn, UnbornOf } from '../transfer.ts'
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

/** Anything that anybody may say at any time: out of order, twice, and contradicting what was said before. */
const anyInput: fc.Arbitrary<Input | OperatorInput> = fc.oneof(
  { weight: 1, arbitrary: anyWord },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('screened'),
      list: fc.constant('test'),
      availableMinor: fc.constantFrom(0n, 10n ** 12n, 10n ** 12n),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('intentRefused'),
      step: fc.constantFrom(...steps),
      attempt: fc.nat(2),
      code: fc.constant('no'),
      detail: fc.constant('no'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('intentUnknown'), step: fc.constantFrom(...steps), detail: fc.constant('silence') }),
  },
  {
    weight: 8,
    arbitrary: fc
      .record({
        kind: fc.constantFrom<ChainFactKind>(
          ...(['escrowLocked', 'escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded'] as const),
          ...(['escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded', 'escrowClawedBack'] as const),
        ),
        status: fc.constantFrom('included', 'included', 'orphaned'),
        block: fc.constantFrom('a', 'a', 'b'),
      })
      .map(({ kind, status, block }) => ({
        type: 'depositFact' as const,
        kind,
        status: status as 'included' | 'orphaned',
        place: place(factOf[kind]!, block),
      })),
  },
  {
    weight: 7,
    arbitrary: fc
      .record({
        kind: fc.constantFrom<ChainFactKind>(
          ...(['escrowLocked', 'escrowReleased', 'escrowRefunded'] as const),
          ...(['escrowLocked', 'escrowReleased', 'escrowRefunded', 'escrowClawedBack', 'deliveryReclaimed'] as const),
        ),
        status: fc.constantFrom('included', 'included', 'orphaned'),
        block: fc.constantFrom('a', 'a', 'b'),
      })
      .map(({ kind, status, block }) => ({
        type: 'chainFact' as const,
        kind,
        status: status as 'included' | 'orphaned',
        place: place(holdFactOf(kind), block),
      })),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom<WaitKind>('deposit', 'commit', 'depositRelease', 'depositRefund', 'lock', 'release', 'refund')
      .map(kind => ({ type: 'finalityReached' as const, kind, fact: place(factOfWait[kind]).fact })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('deadlineReached'),
      kind: fc.constantFrom<TimerKind>(
        ...(['deposit', 'retryCommit', 'retryDepositRelease', 'retryDepositRefund'] as const),
        ...(['retryRelease', 'retryRefund'] as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancelCommand'), reason: fc.constant('x') }) },
)

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

/** What leads on from each state: without it, random stories rarely get far. */
const onwards: Partial<Record<State, Input>> = {
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
}

type Told = { readonly input: Input | OperatorInput | 'onwards'; readonly waitedMs: number }
const anyStory: fc.Arbitrary<Told[]> = fc.array(
  fc.record({
    input: fc.oneof({ arbitrary: fc.constant('onwards' as const), weight: 1 }, { arbitrary: anyInput, weight: 2 }),
    waitedMs: fc.constantFrom(0, 0, 1, 1_000, 600_000, 3_600_000),
  }),
  { maxLength: 60, size: 'max' },
)

/** Everything that a transfer's life promised, kept as the database would keep it. */
const live = (unborn: UnbornOf<'crosschain'>, story: readonly Told[]) => {
  const { committedBy } = unborn.terms.deposit
  const ledger = books()
  const pools = poolBooks()
  const intents = new Map<string, string>()
  const timers = new Map<string, number>()
  const waits = new Map<string, string>()
  const events: TransferEvent[] = []
  const liquidity: string[] = []
  const wishedTwice: string[] = []
  const passed = new Set<State>()
  let nowMs = settledAtMs

  const keep = (decision: Decision): Transfer => {
    for (const { entry } of decision.entries) {
      expect(imbalances(entry)).toEqual({})
      ledger.book(entry)
    }
    pools.move(decision)
    expect(new Set(decision.entries.map(entry => entry.version)).size, 'one entry per event').toBe(decision.entries.length)
    for (const { step, attempt, status } of decision.intentChanges)
      if (intents.has(`${step} ${attempt}`)) intents.set(`${step} ${attempt}`, status)
    for (const { step, attempt } of decision.intents) {
      if (intents.has(`${step} ${attempt}`)) wishedTwice.push(`${step} ${attempt}`)
      const types = events.concat(decision.events.map(({ event }) => event)).map(event => event.type)
      if (step === 'lockEscrow') {
        expect(types).toContain('commitFinalized')
        expect(types).not.toContain('compensationStarted')
      }
      if (step === 'releaseEscrow' && attempt === 0) {
        expect(types).toContain('lockFinalized')
        if (committedBy === 'escrow')
          expect(nowMs, 'delivered only while nobody else can refund').toBeLessThan(depositHardDeadlineMs)
      }
      if (step === 'releaseDeposit') expect(types).toContain('releaseFinalized')
      if (step === 'refundDeposit') expect(types).not.toContain('releaseFinalized')
      if (step === 'commitEscrow' && attempt === 0) expect(nowMs).toBeLessThan(depositRefundAfterMs)
      intents.set(`${step} ${attempt}`, 'IN_FLIGHT')
    }
    for (const { kind, dueAtMs } of decision.timers) dueAtMs === null ? timers.delete(kind) : timers.set(kind, dueAtMs)
    for (const { kind, on } of decision.waits) on === null ? waits.delete(kind) : waits.set(kind, on.fact)
    if (decision.liquidity) liquidity.push(decision.liquidity)
    for (const { event, to } of decision.events) {
      events.push(event)
      passed.add(to as State)
    }
    return decision.after
  }

  let transfer = keep(request(unborn, nowMs))
  for (const { input: what, waitedMs } of story) {
    nowMs += waitedMs
    const said = what === 'onwards' ? onwards[transfer.state] : what
    if (said === undefined) continue
    const input = asSeen(transfer, ledger, said)
    // A refusal answers a wish, however old; there is none of what was never wished.
    if (input.type === 'intentRefused' && !intents.has(`${input.step} ${input.attempt}`)) continue
    // The database says when the deposit's timer is due, so it never comes early, and is gone when it means nothing.
    if (input.type === 'deadlineReached' && input.kind === 'deposit') {
      if (!timers.has('deposit')) continue
      nowMs = Math.max(nowMs, timers.get('deposit')!)
    }
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
    else if (input.type === 'deadlineReached') timers.delete(input.kind)
  }
  return { transfer, ledger, pools, intents, timers, waits, events, liquidity, wishedTwice, passed }
}

const isOpen = (intents: ReadonlyMap<string, string>, step: Step) =>
  [...intents].some(([key, status]) => key.startsWith(`${step} `) && status !== 'SUCCEEDED' && status !== 'FAILED')

/** What wakes a transfer in each state in which it cannot stay. */
const wakers: Partial<Record<State, (life: ReturnType<typeof live>) => boolean>> = {
  requested: ({ intents }) => isOpen(intents, 'screen'),
  awaitingDeposit: ({ timers }) => timers.has('deposit'),
  deposited: ({ waits }) => waits.has('deposit'),
  committing: ({ intents, timers }) => isOpen(intents, 'commitEscrow') || timers.has('retryCommit'),
  committed: ({ waits }) => waits.has('commit'),
  locking: ({ intents }) => isOpen(intents, 'lockEscrow'),
  locked: ({ waits }) => waits.has('lock'),
  releasing: ({ intents, timers }) => isOpen(intents, 'releaseEscrow') || timers.has('retryRelease'),
  released: ({ waits }) => waits.has('release'),
  refunding: ({ intents, timers }) => isOpen(intents, 'refundEscrow') || timers.has('retryRefund'),
  refunded: ({ waits }) => waits.has('refund'),
  collecting: ({ intents, timers }) => isOpen(intents, 'releaseDeposit') || timers.has('retryDepositRelease'),
  collected: ({ waits }) => waits.has('depositRelease'),
  refundingDeposit: ({ intents, timers }) => isOpen(intents, 'refundDeposit') || timers.has('retryDepositRefund'),
  refundedDeposit: ({ waits }) => waits.has('depositRefund'),
}

describe.each([
  ['escrow', 'liquidity'],
  ['balance', 'liquidity'],
  ['escrow', 'mint'],
] as const)('whatever a crosschain transfer by %s and %s is told, in whatever order', (committedBy, funding) => {
  it('keeps every law', () => {
    const reached = new Set<State>()
    const law = (life: ReturnType<typeof live>) => {
      const { transfer, ledger, pools, intents, timers, waits, events, liquidity, wishedTwice, passed } = life
      const types = events.map(event => event.type)
      const { state, progress } = transfer
      for (const each of passed) reached.add(each)

      expect(
        events.reduce<Transfer | Unborn>((t, event) => evolve(t, event), {
          ...transfer,
          state: 'none',
          version: 0,
          progress: crosschain().progress,
        } as Unborn),
        'history gives the state',
      ).toEqual(transfer)
      expect(transfer.version).toBe(events.length)
      expect(pools.total('evm:1:USDC'), 'what is collected is in the treasury’s pool').toBe(ledger.balance('treasury:evm:1:USDC'))
      expect(pools.total('evm:2:USDC'), 'the treasury’s pool has what is locked, too').toBe(
        funding === 'mint' ? 0n : ledger.balance('treasury:evm:2:USDC') + ledger.balance('escrow:evm:2:USDC'),
      )
      expect(wishedTwice, 'one wish per step and attempt').toEqual([])
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
        expect(
          [...intents].filter(([, status]) => status !== 'SUCCEEDED' && status !== 'FAILED'),
          'open wishes at rest',
        ).toEqual([])
        expect([...timers, ...waits], 'timers and waits at rest').toEqual([])
      }
      if (state === 'completed') {
        expect(types).toContain('releaseFinalized')
        expect(ledger.balance('treasury:evm:1:USDC') + ledger.balance('exposure:evm:1:USDC')).toBe(100_250_000n)
      }
      if (state === 'compensated') expect(types).not.toContain('releaseFinalized')
      if (state === 'compensated') expect(progress.deposit?.refunded).toBe(true)
      if (state === 'failed' || state === 'canceled') expect(types).not.toContain('releaseFinalized')
      expect(wakers[state]?.(life) ?? true, `something wakes a transfer that is ${state}`).toBe(true)
    }
    fc.assert(
      fc.property(anyStory, story => law(live(crosschain({ funding, deposit: deposit(committedBy) }), story))),
      { seed, numRuns: 2_000 },
    )
    // Negative control: stories that never get anywhere would keep every law too.
    const unknown: readonly State[] = committedBy === 'balance' ? ['collecting', 'collected'] : []
    expect(states.filter(state => state in crosschainTransitions && !reached.has(state) && !unknown.includes(state))).toEqual([])
  })
})
