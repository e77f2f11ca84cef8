import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { clearingMs, onramp, place, settledAtMs, softDeadlineMs } from '../../../../test/support/onramp.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { RailFact } from '../../rails/rail.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { ChainFactKind, Input } from '../input.ts'
import { type State, states } from '../state.ts'
import type { Transfer } from '../transfer.ts'
import { onrampTransitions } from './transitions.ts'

/** What the dice decide: which news arrives next, and what the world does meanwhile. Every number picks from what is possible then. */
type Die = {
  readonly pick: number
  readonly world:
    | 'quiet'
    | 'settle'
    | 'reject'
    | 'return'
    | 'reverse'
    | 'waver'
    | 'lose'
    | 'mine'
    | 'reorg'
    | 'refundByAnybody'
    | 'clawBack'
    | 'cancel'
    | 'wait'
    | 'repeat'
}

const anyLife = fc.array(
  fc.record({
    pick: fc.nat(1_000),
    world: fc.constantFrom(
      'quiet',
      'settle',
      'settle',
      'reject',
      'return',
      'reverse',
      'waver',
      'lose',
      'mine',
      'mine',
      'reorg',
      'refundByAnybody',
      'clawBack',
      'cancel',
      'wait',
      'repeat',
    ),
  }) as fc.Arbitrary<Die>,
  { maxLength: 80, size: 'max' },
)

/**
 * One transfer in a world that keeps books of its own: a bank and a chain that do what they are asked, and then tell about it late, twice
 * and in any order. What the world holds at the end is the truth, and the ledger has to agree with it.
 */
const live = (dice: readonly Die[]) => {
  const ledger = books()
  const unborn = onramp()
  let nowMs = settledAtMs
  const bank = { debit: 'none', credit: 'none' } as Record<
    'debit' | 'credit',
    'none' | 'held' | 'settled' | 'returned' | 'rejected' | 'lost'
  >
  /** The credit is only asked about. */
  let withdrawn = false
  /** On chain: what each action's transaction is, and in which block it stands. */
  const chain = { lock: 0, release: 0, refund: 0, clawback: 0 }
  const isOpen = () => chain.lock > 0 && chain.release === 0 && chain.refund === 0 && chain.clawback === 0
  let hasReorged = false
  let block = 0
  const asked = new Set<string>()
  const news: Input[] = []
  const told: Input[] = []
  const timers = new Map<string, number>()
  const waits = new Map<string, string>()
  const passed = new Set<State>()

  const railNews = (step: 'debitFiat' | 'creditFiat', type: RailFact['type']) =>
    news.push({
      type: 'railFact',
      step,
      fact: { type, bankTransferId: `bt_${step}`, externalId: step, at: new Date(nowMs).toISOString() },
    })
  const kindOf = {
    lock: 'escrowLocked',
    release: 'escrowReleased',
    refund: 'escrowRefunded',
    clawback: 'escrowClawedBack',
  } as const
  const placeOf = (action: keyof typeof chain) => place(kindOf[action], `b${chain[action]}`, chain[action])
  // Like the inbox: one row for a fact, with what is true now; news of the same fact replace each other.
  const chainNews = (action: keyof typeof chain, status: 'included' | 'orphaned', at = placeOf(action)) => {
    const kind: ChainFactKind = kindOf[action]
    for (let index = news.length - 1; index >= 0; index--) {
      const each = news[index]!
      if (each.type === 'chainFact' && each.kind === kind) news.splice(index, 1)
    }
    news.push({ type: 'chainFact', kind, status, place: at })
  }

  const keep = (decision: Decision): Transfer => {
    for (const { entry } of decision.entries) {
      expect(imbalances(entry)).toEqual({})
      ledger.book(entry)
    }
    for (const { kind, dueAtMs } of decision.timers) dueAtMs === null ? timers.delete(kind) : timers.set(kind, dueAtMs)
    for (const { kind, on } of decision.waits) on === null ? waits.delete(kind) : waits.set(kind, on.fact)
    for (const { step } of decision.intents) asked.add(step)
    for (const { to } of decision.events) passed.add(to as State)
    // The bank takes an order at once; what becomes of it is up to the dice.
    if (decision.intents.some(({ step }) => step === 'debitFiat')) bank.debit = 'held'
    if (decision.intents.some(({ step }) => step === 'creditFiat')) {
      expect(bank.credit, 'credited twice').toBe('none')
      bank.credit = 'held'
    }
    for (const { status } of decision.intentChanges) {
      if (status === 'WITHDRAWN') withdrawn = true
      if (status !== 'REINSTATED') continue
      withdrawn = false
      // It is asked about, and sent again when the bank does not have it.
      if (bank.credit === 'lost') bank.credit = 'held'
      else if (bank.credit !== 'held') railNews('creditFiat', bank.credit as 'rejected')
    }
    return decision.after
  }
  let transfer = keep(request(unborn, nowMs))
  const hear = (input: Input) => {
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
  }

  const mine = () => {
    block++
    if (asked.has('lockEscrow') && chain.lock === 0) {
      chain.lock = block
      chainNews('lock', 'included')
    } else if (isOpen()) {
      // The contract lets one of the two happen; whose transaction comes first is up to the block.
      const action =
        asked.has('releaseEscrow') && (block % 2 === 0 || !asked.has('refundEscrow'))
          ? 'release'
          : asked.has('refundEscrow')
            ? 'refund'
            : undefined
      if (action) {
        chain[action] = block
        chainNews(action, 'included')
      }
    }
  }
  /** Everything of a chain that is not yet final for the machine can be taken back, the latest first. */
  const reorg = () => {
    // A chain whose issuers claw back closes its ledgers for good.
    if (chain.clawback > 0) return
    for (const action of ['release', 'refund', 'lock'] as const) {
      const final =
        action === 'lock'
          ? transfer.progress.lockBooked
          : ['completed', 'crediting', 'compensated', 'review'].includes(transfer.state)
      if (chain[action] === 0 || final) continue
      const at = placeOf(action)
      chain[action] = 0
      hasReorged = true
      chainNews(action, 'orphaned', at)
      return
    }
  }
  const isTrue = (kind: 'lock' | 'release' | 'refund') => chain[kind] > 0 && waits.get(kind) === placeOf(kind).fact

  const world = ({ world: what, pick }: Die) => {
    switch (what) {
      case 'settle':
        for (const [direction, step] of [
          ['debit', 'debitFiat'],
          ['credit', 'creditFiat'],
        ] as const)
          if (bank[direction] === 'held') {
            bank[direction] = 'settled'
            if (pick % 2) railNews(step, 'submitted')
            railNews(step, 'settled')
          }
        return
      case 'reject':
        for (const [direction, step] of [
          ['debit', 'debitFiat'],
          ['credit', 'creditFiat'],
        ] as const)
          if (bank[direction] === 'held' && pick % 3 === 0) {
            bank[direction] = 'rejected'
            railNews(step, 'rejected')
          }
        return
      case 'return':
        // A debit comes back now and then, a credit rarely. The bank's clock never stands still between two of its news.
        nowMs++
        if (bank.debit === 'settled' && pick % 4 === 0) {
          bank.debit = 'returned'
          railNews('debitFiat', 'returned')
        } else if (bank.credit === 'settled' && pick % 4 === 1) {
          bank.credit = 'returned'
          railNews('creditFiat', 'returned')
        }
        return
      case 'reverse':
        nowMs++
        if (bank.debit === 'returned' && pick % 2 === 0) {
          bank.debit = 'settled'
          railNews('debitFiat', 'returnReversed')
        } else if (bank.credit === 'returned' && pick % 2 === 1) {
          bank.credit = 'settled'
          railNews('creditFiat', 'returnReversed')
        }
        return
      case 'waver':
        // It returns the debit, takes that back and returns it again before any of it is told.
        if (bank.debit !== 'settled' || pick % 2) return
        for (const type of ['returned', 'returnReversed', 'returned'] as const) {
          nowMs++
          railNews('debitFiat', type)
        }
        bank.debit = 'returned'
        return
      case 'lose':
        if (bank.credit === 'held' && withdrawn && pick % 2 === 0) {
          bank.credit = 'lost'
          news.push({ type: 'intentRefused', step: 'creditFiat', attempt: 0, code: 'withdrawn', detail: 'never got' })
        } else if (bank.credit === 'lost' && pick % 2 === 1) {
          // The order was under way all the time.
          bank.credit = 'settled'
          railNews('creditFiat', 'settled')
        }
        return
      case 'mine':
        return mine()
      case 'reorg':
        return pick % 3 === 0 ? reorg() : undefined
      case 'refundByAnybody':
        if (isOpen() && nowMs / 1000 >= (transfer.progress.debit?.refundAfter ?? Infinity)) {
          chain.refund = ++block
          chainNews('refund', 'included')
        }
        return
      case 'clawBack':
        if (isOpen() && !hasReorged && pick % 4 === 0) {
          chain.clawback = ++block
          chainNews('clawback', 'included')
        }
        return
      case 'cancel':
        if (pick % 5 === 0) hear({ type: 'cancelCommand', reason: 'x' })
        return
      case 'wait':
        nowMs += [1_000, clearingMs, softDeadlineMs][pick % 3]!
        return
      case 'repeat':
        // The bank's webhooks come twice. What the inbox says about the chain is always its newest row.
        if (told.length > 0) hear(told[pick % told.length]!)
        return
      case 'quiet':
        return
    }
  }

  const listen = (pick: number) => {
    const possible: (() => void)[] = []
    if (transfer.state === 'requested') possible.push(() => hear({ type: 'screened', list: 'test', availableMinor: 10n ** 12n }))
    for (const input of news)
      possible.push(() => {
        news.splice(news.indexOf(input), 1)
        if (input.type === 'railFact') told.push(input)
        hear(input)
      })
    for (const kind of ['lock', 'release', 'refund'] as const)
      if (isTrue(kind)) possible.push(() => hear({ type: 'finalityReached', kind, fact: waits.get(kind)! }))
    for (const [kind, dueAtMs] of timers)
      if (dueAtMs <= nowMs) possible.push(() => hear({ type: 'deadlineReached', kind: kind as 'clearing' }))
    possible[pick % possible.length]?.()
    return possible.length > 0
  }

  for (const die of dice) {
    world(die)
    listen(die.pick)
  }
  // Then the world comes to rest: everything is settled, mined and told.
  for (let round = 0; round < 200; round++) {
    world({ world: 'settle', pick: 0 })
    mine()
    const more = listen(0)
    if (!more && timers.size === 0) break
    if (!more) nowMs = Math.max(nowMs, ...timers.values())
  }
  return { transfer, ledger, bank, chain, passed, dice }
}

describe('an on-ramp in a world that tells the truth late, twice and in any order', () => {
  it('ends, and its ledger is what the bank and the chain hold', () => {
    const passed = new Set<State>()
    fc.assert(
      fc.property(anyLife, dice => {
        const { transfer, ledger, bank, chain, ...life } = live(dice)
        for (const state of life.passed) passed.add(state)
        expect(['completed', 'compensated', 'canceled', 'failed', 'review'], 'it ends').toContain(transfer.state)

        const paid = 10_025n
        const debit = bank.debit === 'settled' ? paid : 0n
        const credit = bank.credit === 'settled' ? paid : 0n
        expect(ledger.balance('bank_cash:bank:sim:USD'), 'bank cash is the bank’s').toBe(debit - credit)
        expect(ledger.balance('escrow:evm:1:USDC'), 'escrow is the chain’s').toBe(
          chain.lock > 0 && chain.release === 0 && chain.refund === 0 && chain.clawback === 0 ? 100_000_000n : 0n,
        )
        expect(ledger.balance('exposure:evm:1:USDC'), 'what the issuer took is our exposure').toBe(
          chain.clawback > 0 ? 100_000_000n : 0n,
        )
        expect(ledger.balance('exchange:USDC'), 'delivered is what the chain released').toBe(
          chain.release > 0 ? 100_000_000n : 0n,
        )
        expect(ledger.open('pending')).toEqual([])
        if (transfer.state !== 'review') {
          expect(ledger.balance('customer_clearing:USD')).toBe(0n)
          expect(ledger.balance('receivable:USD'), 'what a customer owes is for a person').toBe(0n)
        }
        // Nobody is served twice, and nobody who paid goes without.
        if (transfer.state === 'completed')
          expect([chain.release > 0, bank.debit, bank.credit]).toEqual([true, 'settled', 'none'])
        if (transfer.state === 'compensated') {
          expect(chain.release).toBe(0)
          expect(credit, 'the money is with the customer').toBe(debit)
        }
        if (transfer.state === 'failed' || transfer.state === 'canceled') expect([chain.lock, debit, credit]).toEqual([0, 0n, 0n])
      }),
      { seed, numRuns: 3_000 },
    )
    // Negative control: a world in which nothing happened would agree with any ledger.
    expect(states.filter(state => state in onrampTransitions && !passed.has(state))).toEqual([])
  })
})
