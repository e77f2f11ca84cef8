import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { bankSays, clearingMs, place, settledAtMs } from '../../../../test/support/onramp.ts'
import { anyWord, asSeen } from '../../../../test/support/operators.ts'
import { poolBooks } from '../../../../test/support/pools.ts'
import { remittance } from '../../../../test/support/remittance.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { RailFact } from '../../rails/rail.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { evolve } from '../evolve.ts'
import type { Input, OperatorInput, Step, TimerKind } from '../input.ts'
import { type State, states, terminalStates } from '../state.ts'
import type { Transfer, Unborn } from '../transfer.ts'
import type { WaitKind } from '../wait.ts'
import { remittanceTransitions } from './transitions.ts'

const steps: Step[] = [
  ...(['screen', 'debitFiat', 'lockEscrow', 'commitEscrow', 'payoutFiat'] as const),
  ...(['releaseEscrow', 'refundEscrow', 'creditFiat'] as const),
]
const facts = {
  escrowLocked: '10',
  escrowCommitted: '15',
  escrowReleased: '20',
  escrowRefunded: '30',
  escrowClawedBack: '40',
  deliveryReclaimed: '50',
} as const
const finalities: readonly (readonly [WaitKind, keyof typeof facts])[] = [
  ['lock', 'escrowLocked'],
  ['commit', 'escrowCommitted'],
  ['release', 'escrowReleased'],
  ['refund', 'escrowRefunded'],
]

const railFact: fc.Arbitrary<RailFact> = fc.record({
  type: fc.constantFrom('submitted', 'settled', 'rejected', 'returned', 'returnReversed', 'recalled'),
  bankTransferId: fc.constantFrom('bt_1', 'bt_2'),
  externalId: fc.constant('CW1'),
  at: fc.constantFrom(...[0, -86_400_000, 3_600_000].map(ms => new Date(settledAtMs + ms).toISOString()), 'never'),
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
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('railFact', 'railAnswered'),
      step: fc.constantFrom('debitFiat', 'creditFiat', 'payoutFiat'),
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
        kind: fc.constantFrom('escrowLocked', 'escrowCommitted', 'escrowReleased', 'escrowRefunded'),
        status: fc.constantFrom('included', 'included', 'orphaned'),
        block: fc.constantFrom('a', 'a', 'b'),
      })
      .map(({ kind, status, block }) => ({
        type: 'chainFact' as const,
        kind,
        status: status as 'included' | 'orphaned',
        place: place(facts[kind as keyof typeof facts], block),
      })) as fc.Arbitrary<Input>,
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('escrowClawedBack', 'deliveryReclaimed').map(kind => ({
      type: 'chainFact' as const,
      kind,
      status: 'included' as const,
      place: place(facts[kind as keyof typeof facts]),
    })) as fc.Arbitrary<Input>,
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...finalities)
      .map(([kind, fact]) => ({ type: 'finalityReached' as const, kind, fact: place(facts[fact]).fact })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('deadlineReached'),
      kind: fc.constantFrom<TimerKind>('clearing', 'retryCommit', 'retryRelease', 'retryRefund'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancelCommand'), reason: fc.constant('x') }) },
)

const included = (kind: keyof typeof facts): Input => ({
  type: 'chainFact',
  kind,
  status: 'included',
  place: place(facts[kind]),
})

/** What leads on from each state: without it, random stories rarely get far. */
const onwards: Partial<Record<State, Input>> = {
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
}

type Told = { readonly input: Input | OperatorInput | 'onwards'; readonly waitedMs: number }
const anyStory: fc.Arbitrary<Told[]> = fc.array(
  fc.record({
    input: fc.oneof({ arbitrary: fc.constant('onwards' as const), weight: 1 }, { arbitrary: anyInput, weight: 1 }),
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
    const types = () => events.concat(decision.events.map(({ event }) => event)).map(event => event.type)
    for (const { step, attempt } of decision.intents) {
      if (intents.has(`${step} ${attempt}`)) wishedTwice.push(`${step} ${attempt}`)
      if (step === 'creditFiat') {
        expect(types()).toContain('debitSettled')
        expect(decision.after.progress.debit?.returned).toBeUndefined()
        // Nobody is paid back while the payout may still reach somebody.
        if (intents.has('payoutFiat 0')) expect(intents.get('payoutFiat 0')).toBe('FAILED')
      }
      if (step === 'payoutFiat') {
        expect(nowMs).toBeGreaterThanOrEqual(Date.parse(decision.after.progress.debit!.finalAt!))
        expect(types()).toContain('lockFinalized')
        expect(types()).toContain(unborn.route === 'remittance' && unborn.terms.commits ? 'commitFinalized' : 'commitSkipped')
      }
      if (step === 'refundEscrow' && intents.has('payoutFiat 0')) expect(intents.get('payoutFiat 0')).toBe('FAILED')
      if (step === 'releaseEscrow') expect(types(), 'the partner is paid for what he paid').toContain('payoutSettled')
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
  committing: ({ intents, timers }) => isOpen(intents, 'commitEscrow') || timers.has('retryCommit'),
  committed: ({ waits }) => waits.has('commit'),
  payingOut: ({ intents }) => isOpen(intents, 'payoutFiat'),
  releasing: ({ intents, timers }) => isOpen(intents, 'releaseEscrow') || timers.has('retryRelease'),
  released: ({ waits }) => waits.has('release'),
  refunding: ({ intents, timers }) => isOpen(intents, 'refundEscrow') || timers.has('retryRefund'),
  refunded: ({ waits }) => waits.has('refund'),
  crediting: ({ intents }) => isOpen(intents, 'creditFiat'),
  // The hold may still be on its way out of the escrow: then somebody waits for it to be final.
  review: ({ transfer: { progress }, waits }) =>
    progress.holdEnded === true || (!progress.release && !progress.refund) || waits.has('release') || waits.has('refund'),
}

describe.each([
  ['liquidity', true],
  ['liquidity', false],
  ['mint', true],
] as const)('whatever a remittance by %s is told, in whatever order (committed on chain: %s)', (funding, commits) => {
  const always = (law: (life: ReturnType<typeof live>) => void) =>
    fc.assert(
      fc.property(anyStory, story => law(live(remittance({ funding, commits }), story))),
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
          progress: remittance().progress,
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
      for (const once of ['creditSettled', 'payoutSettled'] as const)
        expect(types.filter(type => type === once).length, once).toBeLessThanOrEqual(1)
      for (const step of ['creditFiat', 'payoutFiat'])
        expect([...intents.keys()].filter(key => key.startsWith(step)).length, `wishes of ${step}`).toBeLessThanOrEqual(1)
      expect(
        liquidity.filter(change => change !== 'reserve' && change !== 'restore').length,
        'what was reserved goes one way',
      ).toBeLessThanOrEqual(liquidity.includes('reserve') ? 1 : 0)

      const settled = transfer.progress.payout?.settled === true
      const released = types.includes('releaseFinalized') && !types.includes('deliveryReclaimed')
      const byHand = types.includes('transferResolved')
      const owed = byHand ? 0n : ledger.balance('payout_partner:EUR')
      const partner = byHand
        ? 0n
        : (released ? 9_000n : 0n) - (settled ? 9_000n : 0n) + (settled && transfer.progress.payout?.returned ? 9_000n : 0n)
      expect(owed, 'we owe the partner what he paid out, until he has been paid').toBe(partner)
      if (funding === 'mint') {
        expect(liquidity, 'what is minted was never reserved').toEqual([])
        expect(ledger.balance('treasury:evm:1:USDC'), 'inventory').toBe(0n)
      } else expect(ledger.balance('issued:evm:1:USDC')).toBe(0n)
      if (transfer.progress.holdEnded) {
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
        expect(
          [...intents].filter(([, status]) => status !== 'SUCCEEDED' && status !== 'FAILED'),
          'open wishes at rest',
        ).toEqual([])
        expect([...timers, ...waits], 'timers and waits at rest').toEqual([])
      }
      if (state === 'completed') expect([released, settled]).toEqual([true, true])
      if (state === 'compensated') {
        const paidBack = types.includes('creditSettled') || transfer.progress.debit?.returned !== undefined
        expect([paidBack, settled, released], 'the customer has his money, and nothing else').toEqual([true, false, false])
      }
      expect(wakers[state]?.(life) ?? true, `something wakes a transfer that is ${state}`).toBe(true)
    })
    // Negative control: stories that never get anywhere would keep every law too.
    const possible = states.filter(state => state in remittanceTransitions && (commits || state !== 'committed'))
    expect(possible.filter(state => !reached.has(state))).toEqual([])
  })
})
