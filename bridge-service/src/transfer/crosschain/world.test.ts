import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { crosschain } from '../../../../test/support/crosschain.ts'
import { deposit, depositHardDeadlineMs, depositRefundAfterMs } from '../../../../test/support/offramp.ts'
import { place, settledAtMs } from '../../../../test/support/onramp.ts'
import { seed } from '../../../../test/support/seed.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { ChainFactKind, Input, Step, TimerKind } from '../input.ts'
import { type State, states } from '../state.ts'
import type { Deposit } from '../terms.ts'
import type { Transfer } from '../transfer.ts'
import type { WaitKind } from '../wait.ts'
import { crosschainTransitions } from './transitions.ts'

/** What the dice decide: which news arrives next, and what the world does meanwhile. Every number picks from what is possible then. */
type Die = {
  readonly pick: number
  readonly world: 'quiet' | 'lock' | 'mine' | 'reorg' | 'refundByAnybody' | 'clawBack' | 'reclaim' | 'cancel' | 'wait' | 'repeat'
}

const anyLife = fc.array(
  fc.record({
    pick: fc.nat(1_000),
    world: fc.constantFrom(
      ...(['quiet', 'lock', 'mine', 'mine', 'mine', 'mine', 'reorg', 'reorg'] as const),
      ...(['refundByAnybody', 'clawBack', 'reclaim', 'cancel', 'wait', 'repeat'] as const),
    ),
  }) as fc.Arbitrary<Die>,
  { maxLength: 80, size: 'max' },
)

/** One crosschain transfer in a world that tells the truth: late, twice and in any order. */
const live = (dice: readonly Die[], committedBy: Deposit['committedBy']) => {
  const unborn = crosschain({ deposit: deposit(committedBy) })
  const ledger = books()
  let nowMs = settledAtMs
  /** The block of each action that stands on its chain; zero: none. The second chain has the treasury's escrow. */
  const first = { lock: 0, commit: 0, release: 0, refund: 0, clawback: 0 }
  const second = { lock: 0, release: 0, refund: 0, clawback: 0, reclaim: 0 }
  type First = keyof typeof first
  type Second = keyof typeof second
  const depositIsOpen = () => first.lock > 0 && first.release === 0 && first.refund === 0 && first.clawback === 0
  const isClaimed = () => committedBy === 'balance' && first.commit > 0
  const holdIsOpen = () => second.lock > 0 && second.release === 0 && second.refund === 0 && second.clawback === 0
  let block = 0
  const intents = new Map<string, { step: Step; attempt: number; open: boolean }>()
  const news: Input[] = []
  const told: Input[] = []
  const timers = new Map<TimerKind, number>()
  const waits = new Map<WaitKind, string>()
  const passed = new Set<State>()

  const kindOfFirst: Record<First, ChainFactKind> = {
    lock: committedBy === 'balance' ? 'depositReceived' : 'escrowLocked',
    commit: committedBy === 'balance' ? 'escrowReleased' : 'escrowCommitted',
    release: 'escrowReleased',
    refund: 'escrowRefunded',
    clawback: 'escrowClawedBack',
  }
  const kindOfSecond: Record<Second, ChainFactKind> = {
    lock: 'escrowLocked',
    release: 'escrowReleased',
    refund: 'escrowRefunded',
    clawback: 'escrowClawedBack',
    reclaim: 'deliveryReclaimed',
  }
  // Like the inbox: one row for a fact, with what is true now; news of the same fact replace each other.
  const tell = (input: Extract<Input, { type: 'depositFact' | 'chainFact' }>) => {
    const old = news.findIndex(each => 'place' in each && each.place.fact === input.place.fact)
    if (old >= 0) news.splice(old, 1)
    news.push(input)
  }
  const placeOfFirst = (action: First) => place(`first-${action}`, `b${first[action]}`, first[action])
  const placeOfSecond = (action: Second) => place(`second-${action}`, `b${second[action]}`, second[action])
  const onFirst = (action: First) => {
    first[action] = ++block
    tell({ type: 'depositFact', kind: kindOfFirst[action], status: 'included', place: placeOfFirst(action) })
  }
  const onSecond = (action: Second) => {
    second[action] = ++block
    tell({ type: 'chainFact', kind: kindOfSecond[action], status: 'included', place: placeOfSecond(action) })
  }
  const isOfLock = (each: Input) => each.type === 'depositFact' && each.kind === kindOfFirst.lock

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
    for (const { step, attempt } of decision.intents) intents.set(`${step} ${attempt}`, { step, attempt, open: true })
    for (const { to } of decision.events) passed.add(to as State)
    return decision.after
  }
  let transfer = keep(request(unborn, nowMs))
  const hear = (input: Input) => {
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
    else if (input.type === 'deadlineReached') timers.delete(input.kind)
  }

  /** What the contracts would let happen now: our own earlier effect is done, and what would revert is refused. */
  const acts: { readonly [step in Step]?: { isDone: () => boolean; isPossible: () => boolean; act: () => void } } = {
    commitEscrow: {
      isDone: () => first.commit > 0,
      isPossible: () => depositIsOpen() && nowMs < depositRefundAfterMs,
      act: () => onFirst('commit'),
    },
    releaseDeposit: { isDone: () => first.release > 0, isPossible: depositIsOpen, act: () => onFirst('release') },
    refundDeposit: { isDone: () => first.refund > 0, isPossible: depositIsOpen, act: () => onFirst('refund') },
    lockEscrow: {
      isDone: () => second.lock > 0,
      isPossible: () => nowMs < transfer.progress.holdDeadlines!.refundAfter * 1000,
      act: () => {
        lockWasSent = true
        onSecond('lock')
      },
    },
    releaseEscrow: { isDone: () => second.release > 0, isPossible: holdIsOpen, act: () => onSecond('release') },
    refundEscrow: { isDone: () => second.refund > 0, isPossible: holdIsOpen, act: () => onSecond('refund') },
  }
  let lockWasSent = false
  const mine = (pick: number) => {
    // Our own bytes that a reorg has thrown out are sent again, whatever became of the wish.
    if (lockWasSent && second.lock === 0) return onSecond('lock')
    const open = [...intents.values()].filter(({ step, open }) => open && acts[step])
    if (open.length === 0) return
    const intent = open[pick % open.length]!
    const { isDone, isPossible, act } = acts[intent.step]!
    if (isDone()) return
    if (isPossible()) return act()
    intent.open = false
    news.push({
      type: 'intentRefused',
      step: intent.step,
      attempt: intent.attempt,
      code: 'chain_refused',
      detail: 'reverted',
    })
  }
  const isOver = () => ['completed', 'compensated', 'review'].includes(transfer.state)
  /** Everything of a chain that is not yet final for the machine can be taken back, the latest first. */
  const reorgFirst = (isDeep: boolean) => {
    const { progress } = transfer
    // A ledger that closes its books for good.
    if (committedBy === 'balance' || isOver()) return
    const isFinal = {
      refund: progress.deposit?.refunded === true,
      release: false,
      commit: !isDeep && progress.committed === true,
      lock: !isDeep && (progress.committed === true || progress.deposit?.booked === true),
    }
    for (const action of ['refund', 'release', 'commit', 'lock'] as const) {
      if (first[action] === 0) continue
      if (isFinal[action]) return
      const at = placeOfFirst(action)
      first[action] = 0
      return tell({ type: 'depositFact', kind: kindOfFirst[action], status: 'orphaned', place: at })
    }
  }
  const reorgSecond = () => {
    const { progress } = transfer
    // A chain whose issuers claw back closes its ledgers for good.
    if (second.clawback > 0 || progress.holdEnded || isOver()) return
    for (const action of ['release', 'refund', 'lock'] as const) {
      if (second[action] === 0) continue
      if (action === 'lock' && progress.lockBooked) return
      const at = placeOfSecond(action)
      second[action] = 0
      return tell({ type: 'chainFact', kind: kindOfSecond[action], status: 'orphaned', place: at })
    }
  }
  const truth: { readonly [kind in WaitKind]: () => string | undefined } = {
    deposit: () => (first.lock > 0 ? placeOfFirst('lock').fact : undefined),
    commit: () => (first.commit > 0 ? placeOfFirst('commit').fact : undefined),
    depositRelease: () => (first.release > 0 ? placeOfFirst('release').fact : undefined),
    depositRefund: () => (first.refund > 0 ? placeOfFirst('refund').fact : undefined),
    lock: () => (second.lock > 0 ? placeOfSecond('lock').fact : undefined),
    release: () => (second.release > 0 ? placeOfSecond('release').fact : undefined),
    refund: () => (second.refund > 0 ? placeOfSecond('refund').fact : undefined),
  }

  const world = ({ world: what, pick }: Die) => {
    switch (what) {
      case 'lock':
        if (first.lock === 0 && first.clawback === 0 && nowMs < depositRefundAfterMs) onFirst('lock')
        return
      case 'mine':
        return mine(pick)
      case 'reorg':
        if (pick % 3) return
        return pick % 2 ? reorgSecond() : reorgFirst(pick % 4 === 0)
      case 'refundByAnybody':
        if (pick % 2 && holdIsOpen() && nowMs >= transfer.progress.holdDeadlines!.refundAfter * 1000) return onSecond('refund')
        if (depositIsOpen() && !isClaimed() && nowMs >= (first.commit > 0 ? depositHardDeadlineMs : depositRefundAfterMs))
          onFirst('refund')
        return
      case 'clawBack':
        if (pick % 8 === 0 && holdIsOpen()) onSecond('clawback')
        if (pick % 8 === 1 && committedBy === 'balance' && depositIsOpen() && !isClaimed()) onFirst('clawback')
        return
      case 'reclaim':
        if (transfer.state === 'completed' && second.reclaim === 0) onSecond('reclaim')
        return
      case 'cancel':
        if (pick % 5 === 0) hear({ type: 'cancelCommand', reason: 'x' })
        return
      case 'wait':
        nowMs += [1_000, 1_800_000, 7_200_000, 40 * 86_400_000][pick % 16 === 0 ? 3 : pick % 3]!
        return
      case 'repeat':
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
        if (input.type === 'intentRefused') told.push(input)
        hear(input)
      })
    for (const [kind, fact] of waits)
      if (truth[kind]() === fact) possible.push(() => hear({ type: 'finalityReached', kind, fact }))
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
  // Then the world comes to rest: everything is mined and told.
  for (let round = 0; round < 300; round++) {
    mine(round)
    const more = listen(0)
    if (!more && timers.size === 0) break
    if (!more) nowMs = Math.max(nowMs, Math.min(...timers.values()))
  }
  return { transfer, ledger, first, second, passed, depositIsOpen, isClaimed, holdIsOpen }
}

describe.each(['escrow', 'balance'] as const)(
  'a crosschain transfer by %s in a world that tells the truth late, twice and in any order',
  committedBy => {
    it('ends, and its ledger is what both chains hold', () => {
      const passed = new Set<State>()
      fc.assert(
        fc.property(anyLife, dice => {
          const { transfer, ledger, first, second, depositIsOpen, isClaimed, holdIsOpen, ...life } = live(dice, committedBy)
          const { state } = transfer
          for (const each of life.passed) passed.add(each)
          expect(['completed', 'compensated', 'canceled', 'failed', 'review'], 'it ends').toContain(state)

          const paid = 100_250_000n
          const bought = 100_000_000n
          const isDelivered = second.release > 0
          expect(ledger.balance('escrow:evm:1:USDC'), 'the deposit is the first chain’s').toBe(
            depositIsOpen() && !isClaimed() ? paid : 0n,
          )
          expect(ledger.balance('treasury:evm:1:USDC'), 'the treasury has what it collected').toBe(
            first.release > 0 || (isClaimed() && first.refund === 0) ? paid : 0n,
          )
          expect(ledger.balance('escrow:evm:2:USDC'), 'the hold is the second chain’s').toBe(holdIsOpen() ? bought : 0n)
          expect(ledger.balance('treasury:evm:2:USDC'), 'what is not there any more was delivered or taken').toBe(
            (isDelivered && second.reclaim === 0) || holdIsOpen() || second.clawback > 0 ? -bought : 0n,
          )
          expect(ledger.balance('exposure:evm:2:USDC')).toBe(second.clawback > 0 ? bought : 0n)
          expect(ledger.open('pending')).toEqual([])
          if (state !== 'review') {
            expect(ledger.balance('customer_clearing:USDC')).toBe(0n)
            expect(ledger.balance('receivable:USDC')).toBe(0n)
          }
          // Nobody is served twice, and nobody who paid goes without.
          if (state === 'completed') expect([isDelivered, first.refund]).toEqual([true, 0])
          if (state === 'compensated') expect([isDelivered, first.refund > 0]).toEqual([false, true])
          if (state === 'failed' || state === 'canceled')
            expect([depositIsOpen(), isDelivered, first.release]).toEqual([false, false, 0])
          if (isDelivered && first.refund > 0)
            expect(ledger.balance('receivable:USDC'), 'he owes us what he got twice').toBe(paid)
        }),
        { seed, numRuns: 3_000 },
      )
      // Negative control: a world in which nothing happened would agree with any ledger.
      const unknown: readonly State[] = committedBy === 'balance' ? ['collecting', 'collected'] : []
      expect(states.filter(each => each in crosschainTransitions && !passed.has(each) && !unknown.includes(each))).toEqual([])
    })
  },
)
