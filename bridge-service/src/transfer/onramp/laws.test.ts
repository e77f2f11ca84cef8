import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { bankSays, clearingMs, onramp, place, settledAtMs } from '../../../../test/support/onramp.ts'
import { anyWord, asSeen } from '../../../../test/support/operators.ts'
import { poolBooks } from '../../../../test/support/pools.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { RailFact } from '../../rails/rail.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { evolve } from '../evolve.ts'
import type { Input, OperatorInput, Step, TimerKind } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import type { Transfer, Unborn } from '../transfer.ts'
import { onrampTransitions } from './transitions.ts'

const steps: Step[] = ['screen', 'debitFiat', 'cancelDebit', 'lockEscrow', 'releaseEscrow', 'refundEscrow', 'creditFiat']
const factOf = (fact: 'escrowLocked' | 'escrowReleased' | 'escrowRefunded') =>
  ({ escrowLocked: '10', escrowReleased: '20', escrowRefunded: '30' })[fact]

const patience = {
  debitMs: 3_600_000,
  inclusionMs: 600_000,
  finalityMs: 600_000,
  payoutMs: 3_600_000,
  transferMs: 10 * 86_400_000,
}

const railFact: fc.Arbitrary<RailFact> = fc.record({
  type: fc.constantFrom('submitted', 'settled', 'rejected', 'returned', 'returnReversed', 'recalled'),
  bankTransferId: fc.constantFrom('bt_1', 'bt_2'),
  externalId: fc.constant('CW1'),
  at: fc.constantFrom(...[0, -86_400_000, 3_600_000].map(ms => new Date(settledAtMs + ms).toISOString()), 'never'),
})
const chainKind = fc.constantFrom('escrowLocked', 'escrowReleased', 'escrowRefunded')

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
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('railFact', 'railAnswered'),
      step: fc.constantFrom('debitFiat', 'creditFiat'),
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
    weight: 6,
    arbitrary: fc
      .record({
        kind: chainKind,
        status: fc.constantFrom('included', 'included', 'orphaned'),
        block: fc.constantFrom('a', 'a', 'b'),
      })
      .map(({ kind, status, block }) => ({
        type: 'chainFact' as const,
        kind,
        status: status as 'included' | 'orphaned',
        place: place(factOf(kind), block),
      })),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        ['lock', 'escrowLocked'] as const,
        ['release', 'escrowReleased'] as const,
        ['refund', 'escrowRefunded'] as const,
      )
      .map(([kind, fact]) => ({ type: 'finalityReached' as const, kind, fact: place(factOf(fact)).fact })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('deadlineReached'),
      kind: fc.constantFrom<TimerKind>('clearing', 'retryRelease', 'retryRefund', 'patience'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancelCommand'), reason: fc.constant('x') }) },
)

/** What leads on from each state: without it, random stories rarely get far. */
const onwards: Partial<Record<State, Input>> = {
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
}

type Told = { readonly input: Input | OperatorInput | 'onwards'; readonly waitedMs: number }
const anyStory: fc.Arbitrary<Told[]> = fc.array(
  fc.record({
    input: fc.oneof(fc.constant('onwards' as const), { arbitrary: anyInput, weight: 2 }),
    waitedMs: fc.constantFrom(0, 1, 1_000, clearingMs, 12 * 3_600_000),
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
      if (step === 'creditFiat') {
        expect(events.concat(decision.events.map(({ event }) => event)).map(event => event.type)).toContain('debitSettled')
        expect(decision.after.progress.debit?.returned).toBeUndefined()
      }
      if (step === 'releaseEscrow') expect(nowMs).toBeGreaterThanOrEqual(Date.parse(decision.after.progress.debit!.finalAt!))
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
  for (const { input: told, waitedMs } of story) {
    nowMs += waitedMs
    const said = told === 'onwards' ? onwards[transfer.state] : told
    if (said === undefined) continue
    const input = asSeen(transfer, ledger, said)
    // A refusal answers a wish, however old; there is none of what was never wished.
    if (input.type === 'intentRefused' && !intents.has(`${input.step} ${input.attempt}`)) continue
    // The database says when the clearing's timer is due, so this one never comes early; the others may be old ones.
    if (input.type === 'deadlineReached' && input.kind === 'clearing') nowMs = Math.max(nowMs, timers.get('clearing') ?? nowMs)
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
  }
  return { transfer, ledger, pools, intents, timers, waits, events, liquidity, wishedTwice, passed }
}

const isOpen = (intents: ReadonlyMap<string, string>, step: Step) =>
  [...intents].some(([key, status]) => key.startsWith(`${step} `) && status !== 'SUCCEEDED' && status !== 'FAILED')

/** What wakes a transfer in each state in which it cannot stay. */
const wakers: Partial<Record<State, (life: ReturnType<typeof live>) => boolean>> = {
  requested: ({ intents }) => isOpen(intents, 'screen'),
  debiting: ({ intents }) => isOpen(intents, 'debitFiat'),
  locking: ({ intents }) => isOpen(intents, 'lockEscrow'),
  locked: ({ waits }) => waits.has('lock'),
  clearing: ({ timers }) => timers.has('clearing'),
  releasing: ({ intents, timers }) => isOpen(intents, 'releaseEscrow') || timers.has('retryRelease'),
  released: ({ waits }) => waits.has('release'),
  refunding: ({ intents, timers }) => isOpen(intents, 'refundEscrow') || timers.has('retryRefund'),
  refunded: ({ waits }) => waits.has('refund'),
  crediting: ({ intents }) => isOpen(intents, 'creditFiat'),
}

describe.each(['liquidity', 'mint'] as const)('whatever an on-ramp by %s is told, in whatever order', funding => {
  const always = (law: (life: ReturnType<typeof live>) => void) =>
    fc.assert(
      fc.property(anyStory, story => law(live(onramp({ funding, patience }), story))),
      { seed, numRuns: 2_000 },
    )

  it('keeps every law', () => {
    const reached = new Set<State>()
    always(life => {
      const { transfer, ledger, pools, intents, timers, waits, events, liquidity, wishedTwice, passed } = life
      const types = events.map(event => event.type)
      const { state } = transfer
      for (const each of passed) reached.add(each)

      expect(
        events.reduce<Transfer | Unborn>((t, event) => evolve(t, event), {
          ...transfer,
          state: 'none',
          version: 0,
          progress: onramp().progress,
        }),
        'history gives the state',
      ).toEqual(transfer)
      expect(transfer.version).toBe(events.length)
      expect(pools.total('bank:sim:USD'), 'the bank’s pool is its account').toBe(ledger.balance('bank_cash:USD'))
      expect(pools.total('evm:1:USDC'), 'the treasury’s pool has what is locked, too').toBe(
        funding === 'mint' ? 0n : ledger.balance('treasury:evm:1:USDC') + ledger.balance('escrow:evm:1:USDC'),
      )
      expect(wishedTwice, 'one wish per step and attempt').toEqual([])
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
        expect(
          [...intents].filter(([, status]) => status !== 'SUCCEEDED' && status !== 'FAILED'),
          'open wishes at rest',
        ).toEqual([])
        expect([...timers, ...waits], 'timers and waits at rest').toEqual([])
      }
      if (state === 'completed') expect(types).toContain('releaseFinalized')
      if (state === 'compensated') {
        const paidBack = types.includes('creditSettled') || transfer.progress.debit?.returned !== undefined
        expect(paidBack, 'compensated means that the customer has his money').toBe(true)
      }
      expect(wakers[state]?.(life) ?? true, `something wakes a transfer that is ${state}`).toBe(true)
    })
    // Negative control: stories that never get anywhere would keep every law too.
    expect(states.filter(state => state in onrampTransitions && !reached.has(state))).toEqual([])
  })
})
