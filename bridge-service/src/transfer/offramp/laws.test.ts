import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { deposit, depositHardDeadlineMs, depositRefundAfterMs, offramp, payoutSays } from '../../../../test/support/offramp.ts'
import { place, settledAtMs } from '../../../../test/support/onramp.ts'
import { anyWord, asSeen } from '../../../../test/support/operators.ts'
import { poolBooks } from '../../../../test/support/pools.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { RailFact } from '../../rails/rail.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { evolve } from '../evolve.ts'
import type { ChainFactKind, Input, OperatorInput, Step, TimerKind } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import type { Transfer, Unborn } from '../transfer.ts'
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

const railFact: fc.Arbitrary<RailFact> = fc.record({
  type: fc.constantFrom('submitted', 'settled', 'rejected', 'returned'),
  bankTransferId: fc.constantFrom('bt_1', 'bt_2'),
  externalId: fc.constant('CW1'),
  at: fc.constant(new Date(settledAtMs).toISOString()),
})

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
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('railFact', 'railAnswered'),
      step: fc.constantFrom('payoutFiat', 'payoutFiat', 'debitFiat'),
      fact: railFact,
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
    weight: 4,
    arbitrary: fc
      .constantFrom<WaitKind>('deposit', 'commit', 'depositRelease', 'depositRefund', 'lock')
      .map(kind => ({ type: 'finalityReached' as const, kind, fact: place(factOfWait[kind] ?? '10').fact })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('deadlineReached'),
      kind: fc.constantFrom<TimerKind>('deposit', 'retryCommit', 'retryDepositRelease', 'retryDepositRefund'),
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
const final = (kind: WaitKind): Input => ({ type: 'finalityReached', kind, fact: place(factOfWait[kind]!).fact })

/** What leads on from each state: without it, random stories rarely get far. */
const onwards: Partial<Record<State, Input>> = {
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
const live = (unborn: Unborn, story: readonly Told[]) => {
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
      if (step === 'payoutFiat') {
        const types = events.concat(decision.events.map(({ event }) => event)).map(event => event.type)
        expect(types).toContain('commitFinalized')
        expect(types).not.toContain('compensationStarted')
        if (decision.after.route === 'offramp' && decision.after.terms.deposit.committedBy === 'escrow')
          expect(nowMs, 'paid out only while nobody else can refund').toBeLessThan(depositHardDeadlineMs)
      }
      if (step === 'commitEscrow' && attempt === 0) expect(nowMs).toBeLessThan(depositRefundAfterMs)
      if (step === 'releaseDeposit') expect(decision.after.progress.payout?.settled).toBe(true)
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
    // The bank speaks of an order that it has.
    if ((input.type === 'railFact' || input.type === 'railAnswered') && !intents.has('payoutFiat 0')) continue
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
  payingOut: ({ intents }) => isOpen(intents, 'payoutFiat'),
  collecting: ({ intents, timers }) => isOpen(intents, 'releaseDeposit') || timers.has('retryDepositRelease'),
  collected: ({ waits }) => waits.has('depositRelease'),
  refundingDeposit: ({ intents, timers }) => isOpen(intents, 'refundDeposit') || timers.has('retryDepositRefund'),
  refundedDeposit: ({ waits }) => waits.has('depositRefund'),
}

describe.each(['escrow', 'balance'] as const)('whatever an off-ramp by %s is told, in whatever order', committedBy => {
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
          progress: offramp().progress,
        } as Unborn),
        'history gives the state',
      ).toEqual(transfer)
      expect(transfer.version).toBe(events.length)
      expect(pools.total('bank:sim:USD'), 'the bank’s pool is its account').toBe(ledger.balance('bank_cash:USD'))
      expect(pools.total('evm:1:USDC'), 'what is collected is in the treasury’s pool').toBe(ledger.balance('treasury:evm:1:USDC'))
      expect(wishedTwice, 'one wish per step and attempt').toEqual([])
      expect([...intents.keys()].filter(key => key.startsWith('payoutFiat')).length, 'payouts').toBeLessThanOrEqual(1)
      for (const once of ['depositReleaseFinalized', 'depositRefundFinalized', 'payoutSettled', 'payoutReturned'] as const)
        expect(types.filter(type => type === once).length, once).toBeLessThanOrEqual(1)
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
        expect(
          [...intents].filter(([, status]) => status !== 'SUCCEEDED' && status !== 'FAILED'),
          'open wishes at rest',
        ).toEqual([])
        expect([...timers, ...waits], 'timers and waits at rest').toEqual([])
      }
      expect(ledger.open('pending')).toEqual([])
      if (state === 'completed') {
        expect(progress.payout, 'completed means that the customer has his fiat').toMatchObject({ settled: true })
        expect(ledger.balance('treasury:evm:1:USDC') + ledger.balance('exposure:evm:1:USDC')).toBe(100_250_000n)
      }
      if (state === 'compensated') {
        expect(types).toContain('depositRefundFinalized')
        expect(ledger.balance('bank_cash:USD'), 'compensated means that nothing was paid out').toBe(0n)
      }
      if (state === 'failed' || state === 'canceled') expect(ledger.balance('bank_cash:USD')).toBe(0n)
      expect(wakers[state]?.(life) ?? true, `something wakes a transfer that is ${state}`).toBe(true)
    }
    fc.assert(
      fc.property(anyStory, story => law(live(offramp({ deposit: deposit(committedBy) }), story))),
      { seed, numRuns: 2_000 },
    )
    // Negative control: stories that never get anywhere would keep every law too.
    const unknown: readonly State[] = committedBy === 'balance' ? ['collecting', 'collected'] : []
    expect(states.filter(state => state in offrampTransitions && !reached.has(state) && !unknown.includes(state))).toEqual([])
  })
})
