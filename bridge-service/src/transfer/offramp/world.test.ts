import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { deposit, depositHardDeadlineMs, depositRefundAfterMs, offramp } from '../../../../test/support/offramp.ts'
import { place, settledAtMs } from '../../../../test/support/onramp.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { RailFact } from '../../rails/rail.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { ChainFactKind, Input, Step, TimerKind } from '../input.ts'
import { type State, states } from '../state.ts'
import type { Deposit } from '../terms.ts'
import type { Transfer } from '../transfer.ts'
import type { WaitKind } from '../wait.ts'
import { offrampTransitions } from './transitions.ts'

/** What the dice decide: which news arrives next, and what the world does meanwhile. Every number picks from what is possible then. */
type Die = {
  readonly pick: number
  readonly world:
    | 'quiet'
    | 'lock'
    | 'settle'
    | 'reject'
    | 'relent'
    | 'return'
    | 'reverse'
    | 'waver'
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
      ...(['quiet', 'lock', 'settle', 'settle', 'reject', 'relent', 'return', 'reverse', 'waver'] as const),
      ...(['mine', 'mine', 'mine', 'reorg'] as const),
      ...(['refundByAnybody', 'clawBack', 'cancel', 'wait', 'repeat'] as const),
    ),
  }) as fc.Arbitrary<Die>,
  { maxLength: 80, size: 'max' },
)

/** One off-ramp in a world that tells the truth: late, twice and in any order. */
const live = (dice: readonly Die[], committedBy: Deposit['committedBy']) => {
  const unborn = offramp({ deposit: deposit(committedBy) })
  const ledger = books()
  let nowMs = settledAtMs
  const bank: { payout: 'none' | 'held' | 'settled' | 'rejected' | 'returned' } = { payout: 'none' }
  /** The block of each action that stands on the chain; zero: none. */
  const chain = { lock: 0, commit: 0, release: 0, refund: 0, clawback: 0 }
  type Action = keyof typeof chain
  const isOpen = () => chain.lock > 0 && chain.release === 0 && chain.refund === 0 && chain.clawback === 0
  const isClaimed = () => committedBy === 'balance' && chain.commit > 0
  let block = 0
  const intents = new Map<string, { step: Step; attempt: number; open: boolean }>()
  const news: Input[] = []
  const told: Input[] = []
  const timers = new Map<TimerKind, number>()
  const waits = new Map<WaitKind, string>()
  const passed = new Set<State>()

  const railNews = (type: RailFact['type']) =>
    news.push({
      type: 'railFact',
      step: 'payoutFiat',
      fact: { type, bankTransferId: 'bt_9', externalId: 'CW9', at: new Date(nowMs).toISOString() },
    })
  const kindOf: Record<Action, ChainFactKind> = {
    lock: committedBy === 'balance' ? 'depositReceived' : 'escrowLocked',
    commit: committedBy === 'balance' ? 'escrowReleased' : 'escrowCommitted',
    release: 'escrowReleased',
    refund: 'escrowRefunded',
    clawback: 'escrowClawedBack',
  }
  const placeOf = (action: Action) => place(action, `b${chain[action]}`, chain[action])
  // Like the inbox: one row for a fact, with what is true now; news of the same fact replace each other.
  const chainNews = (action: Action, status: 'included' | 'orphaned', at = placeOf(action)) => {
    const old = news.findIndex(each => each.type === 'depositFact' && each.place.fact === at.fact)
    if (old >= 0) news.splice(old, 1)
    news.push({ type: 'depositFact', kind: kindOf[action], status, place: at })
  }
  const isOfLock = (each: Input) => each.type === 'depositFact' && each.kind === kindOf.lock
  const happens = (action: Action) => {
    chain[action] = ++block
    chainNews(action, 'included')
  }

  const keep = (decision: Decision): Transfer => {
    for (const { entry } of decision.entries) {
      expect(imbalances(entry)).toEqual({})
      ledger.book(entry)
    }
    for (const { kind, dueAtMs } of decision.timers) dueAtMs === null ? timers.delete(kind) : timers.set(kind, dueAtMs)
    for (const { kind, on } of decision.waits) on === null ? waits.delete(kind) : waits.set(kind, on.fact)
    for (const { step, attempt, status } of decision.intentChanges) {
      const intent = intents.get(`${step} ${attempt}`)
      if (intent) intent.open = status !== 'SUCCEEDED' && status !== 'FAILED'
    }
    for (const { step, attempt } of decision.intents) {
      intents.set(`${step} ${attempt}`, { step, attempt, open: true })
      if (step !== 'payoutFiat') continue
      expect(bank.payout, 'paid out twice').toBe('none')
      bank.payout = 'held'
    }
    for (const { to } of decision.events) passed.add(to as State)
    return decision.after
  }
  let transfer = keep(request(unborn, nowMs))
  const hear = (input: Input) => {
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
    else if (input.type === 'deadlineReached') timers.delete(input.kind)
  }

  /** What the contract would let happen now: `done` is our own earlier effect, `refused` what it would revert. */
  const fateOf = (step: Step): 'possible' | 'done' | 'refused' => {
    switch (step) {
      case 'commitEscrow':
        if (chain.commit > 0) return 'done'
        return isOpen() && nowMs < depositRefundAfterMs ? 'possible' : 'refused'
      case 'releaseDeposit':
        if (chain.release > 0) return 'done'
        return isOpen() ? 'possible' : 'refused'
      default:
        if (chain.refund > 0) return 'done'
        return isOpen() ? 'possible' : 'refused'
    }
  }
  const actionOf = { commitEscrow: 'commit', releaseDeposit: 'release', refundDeposit: 'refund' } as const
  const mine = (pick: number) => {
    const open = [...intents.values()].filter(({ step, open }) => open && step in actionOf)
    if (open.length === 0) return
    const intent = open[pick % open.length]!
    const step = intent.step as keyof typeof actionOf
    const fate = fateOf(step)
    if (fate === 'possible') happens(actionOf[step])
    if (fate !== 'refused') return
    intent.open = false
    news.push({ type: 'intentRefused', step, attempt: intent.attempt, code: 'chain_refused', detail: 'reverted' })
  }
  /** Everything of a chain that is not yet final for the machine can be taken back, the latest first. */
  const reorg = (isDeep: boolean) => {
    // A ledger that closes its books for good.
    if (committedBy === 'balance') return
    const { progress, state } = transfer
    const isFinal = {
      refund: progress.deposit?.refunded === true,
      release: ['completed', 'review'].includes(state),
      commit: !isDeep && progress.committed === true,
      lock: !isDeep && (progress.committed === true || (progress.deposit?.booked === true && chain.commit === 0)),
    }
    for (const action of ['refund', 'release', 'commit', 'lock'] as const) {
      if (chain[action] === 0) continue
      if (isFinal[action] || ['completed', 'compensated', 'review'].includes(state)) return
      const at = placeOf(action)
      chain[action] = 0
      chainNews(action, 'orphaned', at)
      return
    }
  }
  const blockOf = { deposit: 'lock', commit: 'commit', depositRelease: 'release', depositRefund: 'refund' } as const
  const isTrue = (kind: keyof typeof blockOf) => chain[blockOf[kind]] > 0 && waits.get(kind) === placeOf(blockOf[kind]).fact

  const world = ({ world: what, pick }: Die) => {
    switch (what) {
      case 'lock':
        if (chain.lock === 0 && chain.clawback === 0 && nowMs < depositRefundAfterMs) happens('lock')
        return
      case 'settle':
        if (bank.payout !== 'held') return
        bank.payout = 'settled'
        if (pick % 2) railNews('submitted')
        return void railNews('settled')
      case 'reject':
        if (bank.payout !== 'held' || pick % 3) return
        bank.payout = 'rejected'
        return void railNews('rejected')
      case 'relent':
        // It settles what it has rejected.
        if (bank.payout !== 'rejected' || pick % 3) return
        bank.payout = 'settled'
        return void railNews('settled')
      case 'return':
        // The bank's clock never stands still between two of its news.
        nowMs++
        if (bank.payout !== 'settled' || pick % 4) return
        bank.payout = 'returned'
        return void railNews('returned')
      case 'reverse':
        nowMs++
        if (bank.payout !== 'returned' || pick % 2) return
        bank.payout = 'settled'
        return void railNews('returnReversed')
      case 'waver':
        // It returns the payout, takes that back and returns it again before any of it is told.
        if (bank.payout !== 'settled' || pick % 4) return
        for (const type of ['returned', 'returnReversed', 'returned'] as const) {
          nowMs++
          railNews(type)
        }
        bank.payout = 'returned'
        return
      case 'mine':
        return mine(pick)
      case 'reorg':
        return pick % 3 === 0 ? reorg(pick % 2 === 0) : undefined
      case 'refundByAnybody': {
        if (!isOpen() || isClaimed()) return
        const fromMs = chain.commit > 0 ? depositHardDeadlineMs : depositRefundAfterMs
        if (nowMs >= fromMs) happens('refund')
        return
      }
      case 'clawBack':
        if (committedBy === 'balance' && isOpen() && !isClaimed() && pick % 4 === 0) happens('clawback')
        return
      case 'cancel':
        if (pick % 5 === 0) hear({ type: 'cancelCommand', reason: 'x' })
        return
      case 'wait':
        nowMs += [1_000, 1_800_000, 7_200_000, 40 * 86_400_000][pick % 16 === 0 ? 3 : pick % 3]!
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
    for (const kind of ['deposit', 'commit', 'depositRelease', 'depositRefund'] as const)
      if (isTrue(kind)) possible.push(() => hear({ type: 'finalityReached', kind, fact: waits.get(kind)! }))
    for (const [kind, dueAtMs] of timers) {
      // The last word about a deposit leaves time for the news of it.
      const comesFirst = kind === 'deposit' && dueAtMs > depositRefundAfterMs && news.some(isOfLock)
      if (dueAtMs <= nowMs && !comesFirst) possible.push(() => hear({ type: 'deadlineReached', kind }))
    }
    possible[pick % possible.length]?.()
    return possible.length > 0
  }

  for (const die of dice) {
    world(die)
    listen(die.pick)
  }
  // Then the world comes to rest: everything is settled, mined and told.
  for (let round = 0; round < 300; round++) {
    world({ world: 'settle', pick: 0 })
    mine(round)
    const more = listen(0)
    if (!more && timers.size === 0) break
    if (!more) nowMs = Math.max(nowMs, Math.min(...timers.values()))
  }
  return { transfer, ledger, bank, chain, passed, isOpen, isClaimed }
}

describe.each(['escrow', 'balance'] as const)(
  'an off-ramp by %s in a world that tells the truth late, twice and in any order',
  committedBy => {
    it('ends, and its ledger is what the bank and the chain hold', () => {
      const passed = new Set<State>()
      fc.assert(
        fc.property(anyLife, dice => {
          const { transfer, ledger, bank, chain, isOpen, isClaimed, ...life } = live(dice, committedBy)
          const { state } = transfer
          for (const each of life.passed) passed.add(each)
          expect(['completed', 'compensated', 'canceled', 'failed', 'review'], 'it ends').toContain(state)

          const paid = 100_250_000n
          const isPaidOut = bank.payout === 'settled'
          expect(ledger.balance('bank_cash:bank:sim:USD'), 'bank cash is the bank’s').toBe(isPaidOut ? -10_000n : 0n)
          expect(ledger.balance('escrow:evm:1:USDC'), 'escrow is the chain’s').toBe(isOpen() && !isClaimed() ? paid : 0n)
          expect(ledger.balance('treasury:evm:1:USDC'), 'the treasury has what it collected').toBe(
            chain.release > 0 || (isClaimed() && chain.refund === 0) ? paid : 0n,
          )
          expect(ledger.open('pending')).toEqual([])
          if (state !== 'review') {
            expect(ledger.balance('customer_clearing:USDC')).toBe(0n)
            expect(ledger.balance('customer_clearing:USD')).toBe(0n)
            expect(ledger.balance('receivable:USDC')).toBe(0n)
          }
          // Nobody is served twice, and nobody who paid goes without.
          if (state === 'completed') expect([isPaidOut, chain.refund]).toEqual([true, 0])
          if (state === 'compensated') expect([isPaidOut, chain.refund > 0]).toEqual([false, true])
          if (state === 'failed' || state === 'canceled') expect([isOpen(), isPaidOut, chain.release]).toEqual([false, false, 0])
          if (isPaidOut && chain.refund > 0) expect(ledger.balance('receivable:USDC'), 'he owes us what he got twice').toBe(paid)
          if (isPaidOut) expect(ledger.balance('customer_clearing:USD'), 'he has what he was to get').toBe(0n)
        }),
        { seed, numRuns: 3_000 },
      )
      // Negative control: a world in which nothing happened would agree with any ledger.
      const unknown: readonly State[] = committedBy === 'balance' ? ['collecting', 'collected'] : []
      expect(states.filter(each => each in offrampTransitions && !passed.has(each) && !unknown.includes(each))).toEqual([])
    })
  },
)
