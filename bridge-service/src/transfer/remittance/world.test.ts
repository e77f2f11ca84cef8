import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { books, imbalances } from '../../../../test/support/books.ts'
import { clearingMs, place, settledAtMs, softDeadlineMs } from '../../../../test/support/onramp.ts'
import { remittance } from '../../../../test/support/remittance.ts'
import { seed } from '../../../../test/support/seed.ts'
import type { RailFact } from '../../rails/rail.ts'
import { decide, request } from '../decide.ts'
import type { Decision } from '../decision.ts'
import type { ChainFactKind, Input, RailStep } from '../input.ts'
import { type State, states } from '../state.ts'
import type { Transfer } from '../transfer.ts'
import { remittanceTransitions } from './transitions.ts'

const happenings = [
  ...(['quiet', 'settle', 'settle', 'reject', 'return', 'mine', 'mine', 'reorg'] as const),
  ...(['expire', 'clawBack', 'cancel', 'wait', 'repeat', 'reverse', 'waver', 'relent', 'lose'] as const),
] as const

/** What the dice decide: which news arrives next, and what the world does meanwhile. Every number picks from what is possible then. */
type Die = { readonly pick: number; readonly world: (typeof happenings)[number] }

const anyLife: fc.Arbitrary<Die[]> = fc.array(fc.record({ pick: fc.nat(1_000), world: fc.constantFrom(...happenings) }), {
  maxLength: 100,
  size: 'max',
})

const kindOf = {
  lock: 'escrowLocked',
  commit: 'escrowCommitted',
  release: 'escrowReleased',
  refund: 'escrowRefunded',
  clawback: 'escrowClawedBack',
} as const satisfies Record<string, ChainFactKind>
type Action = keyof typeof kindOf
const stepOf = { debit: 'debitFiat', credit: 'creditFiat', payout: 'payoutFiat' } as const satisfies Record<string, RailStep>
type Order = keyof typeof stepOf
const orders = Object.keys(stepOf) as Order[]

/**
 * One transfer in a world that keeps books of its own: two banks and a chain that do what they are asked, and then tell about it late, twice
 * and in any order. What the world holds at the end is the truth, and the ledger has to agree with it.
 */
const live = (dice: readonly Die[], commits: boolean) => {
  const ledger = books()
  const unborn = remittance({ commits })
  let nowMs = settledAtMs
  const bank: Record<Order, 'none' | 'held' | 'settled' | 'returned' | 'rejected' | 'lost'> = {
    debit: 'none',
    credit: 'none',
    payout: 'none',
  }
  /** They are only asked about. */
  const withdrawn = new Set<Order>()
  /** On chain: in which block each action's transaction stands. */
  const chain: Record<Action, number> = { lock: 0, commit: 0, release: 0, refund: 0, clawback: 0 }
  const isOpen = () => chain.lock > 0 && chain.release === 0 && chain.refund === 0 && chain.clawback === 0
  let block = 0
  const asked = new Set<string>()
  const refused = new Set<number>()
  const news: Input[] = []
  const told: Input[] = []
  const timers = new Map<string, number>()
  const waits = new Map<string, string>()
  const passed = new Set<State>()

  const railNews = (order: Order, type: RailFact['type']) =>
    news.push({
      type: 'railFact',
      step: stepOf[order],
      fact: { type, bankTransferId: `bt_${order}`, externalId: order, at: new Date(nowMs).toISOString() },
    })
  const placeOf = (action: Action) => place(kindOf[action], `b${chain[action]}`, chain[action])
  // Like the inbox: one row for a fact, with what is true now; news of the same fact replace each other.
  const chainNews = (action: Action, status: 'included' | 'orphaned', at = placeOf(action)) => {
    const kind = kindOf[action]
    for (let index = news.length - 1; index >= 0; index--) {
      const each = news[index]!
      if (each.type === 'chainFact' && each.kind === kind) news.splice(index, 1)
    }
    news.push({ type: 'chainFact', kind, status, place: at })
  }
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
    for (const { step } of decision.intents) {
      asked.add(step)
      // A bank takes an order at once; what becomes of it is up to the dice.
      for (const order of orders)
        if (stepOf[order] === step) {
          expect(bank[order], `${step} twice`).toBe('none')
          bank[order] = 'held'
        }
    }
    for (const { step, status } of decision.intentChanges) {
      const order = orders.find(each => stepOf[each] === step)
      if (order === undefined) continue
      if (status === 'WITHDRAWN') withdrawn.add(order)
      if (status !== 'REINSTATED') continue
      withdrawn.delete(order)
      // It is asked about, and sent again when the bank does not have it.
      if (bank[order] === 'lost') bank[order] = 'held'
      else if (bank[order] !== 'held') railNews(order, bank[order] as 'rejected')
    }
    for (const { to } of decision.events) passed.add(to as State)
    return decision.after
  }
  let transfer = keep(request(unborn, nowMs))
  const hear = (input: Input) => {
    const result = decide(transfer, input, nowMs)
    if ('events' in result) transfer = keep(result)
  }
  const seconds = () => nowMs / 1000
  const refundAfter = () => transfer.progress.debit?.refundAfter ?? Infinity
  const hardDeadline = () => transfer.progress.debit?.hardDeadline ?? Infinity

  const mine = () => {
    block++
    if (asked.has('lockEscrow') && chain.lock === 0) return happens('lock')
    if (!isOpen()) return
    // The contract lets one of them happen; whose transaction comes first is up to the block.
    if (
      asked.has('commitEscrow') &&
      chain.commit === 0 &&
      seconds() < refundAfter() &&
      (block % 2 === 0 || !asked.has('refundEscrow'))
    )
      return happens('commit')
    if (asked.has('releaseEscrow')) return happens('release')
    if (asked.has('refundEscrow')) return happens('refund')
  }
  /** Everything of a chain that is not yet final for the machine can be taken back, the latest first. */
  const reorg = () => {
    // A chain whose issuers claw back, or that has no commits, closes its ledgers for good.
    if (chain.clawback > 0 || !commits) return
    const { lockBooked, committed, holdEnded } = transfer.progress
    const isFinal = { lock: lockBooked, commit: committed, release: holdEnded, refund: holdEnded }
    for (const action of ['release', 'refund', 'commit', 'lock'] as const) {
      if (chain[action] === 0) continue
      if (isFinal[action]) return
      const at = placeOf(action)
      chain[action] = 0
      chainNews(action, 'orphaned', at)
      return
    }
  }

  const world = ({ world: what, pick }: Die) => {
    switch (what) {
      case 'settle':
        for (const order of orders)
          if (bank[order] === 'held') {
            bank[order] = 'settled'
            if (pick % 2) railNews(order, 'submitted')
            railNews(order, 'settled')
          }
        return
      case 'reject':
        for (const order of orders)
          if (bank[order] === 'held' && pick % 3 === 0) {
            bank[order] = 'rejected'
            railNews(order, 'rejected')
          }
        return
      case 'return': {
        // The bank's clock never stands still between two of its news.
        nowMs++
        // A debit comes back now and then, what we pay rarely; each once.
        const order = orders[pick % 6]
        if (order !== undefined && bank[order] === 'settled') {
          bank[order] = 'returned'
          railNews(order, 'returned')
        }
        return
      }
      case 'reverse':
        nowMs++
        for (const order of orders)
          if (bank[order] === 'returned' && pick % 2 === 0) {
            bank[order] = 'settled'
            railNews(order, 'returnReversed')
          }
        return
      case 'waver': {
        // It returns an order, takes that back and returns it again before any of it is told.
        const order = orders[pick % 6]
        if (order === undefined || bank[order] !== 'settled') return
        for (const type of ['returned', 'returnReversed', 'returned'] as const) {
          nowMs++
          railNews(order, type)
        }
        bank[order] = 'returned'
        return
      }
      case 'relent':
        // It settles what it has rejected of what we pay.
        for (const order of ['credit', 'payout'] as const)
          if (bank[order] === 'rejected' && pick % 3 === 0) {
            bank[order] = 'settled'
            railNews(order, 'settled')
          }
        return
      case 'lose': {
        const order = orders[1 + (pick % 2)]!
        if (bank[order] === 'held' && withdrawn.has(order)) {
          bank[order] = 'lost'
          news.push({ type: 'intentRefused', step: stepOf[order], attempt: 0, code: 'withdrawn', detail: 'never got' })
        } else if (bank[order] === 'lost' && pick % 3 === 0) {
          // The order was under way all the time.
          bank[order] = 'settled'
          railNews(order, 'settled')
        }
        return
      }
      case 'mine':
        return mine()
      case 'reorg':
        return pick % 3 === 0 ? reorg() : undefined
      case 'expire':
        // Anyone may take the exit: a refund before a commit, and a release after it.
        if (!isOpen()) return
        if (chain.commit === 0 && commits && seconds() >= refundAfter()) return happens('refund')
        if (chain.commit > 0 && seconds() >= hardDeadline()) return happens('release')
        return
      case 'clawBack':
        if (isOpen() && pick % 6 === 0) happens('clawback')
        return
      case 'cancel':
        if (pick % 5 === 0) hear({ type: 'cancelCommand', reason: 'x' })
        return
      case 'wait':
        nowMs += [1_000, clearingMs, softDeadlineMs, 8 * softDeadlineMs][pick % 4]!
        return
      case 'repeat':
        // The banks' webhooks come twice. What the inbox says about the chain is always its newest row.
        if (told.length > 0) hear(told[pick % told.length]!)
        return
      case 'quiet':
        return
    }
  }

  const isTrue = (kind: Exclude<Action, 'clawback'>) => chain[kind] > 0 && waits.get(kind) === placeOf(kind).fact
  const listen = (pick: number) => {
    const possible: (() => void)[] = []
    if (transfer.state === 'requested') possible.push(() => hear({ type: 'screened', list: 'test', availableMinor: 10n ** 12n }))
    for (const input of news)
      possible.push(() => {
        news.splice(news.indexOf(input), 1)
        if (input.type === 'railFact') told.push(input)
        hear(input)
      })
    for (const kind of ['lock', 'commit', 'release', 'refund'] as const)
      if (isTrue(kind)) possible.push(() => hear({ type: 'finalityReached', kind, fact: waits.get(kind)! }))
    for (const [kind, dueAtMs] of timers)
      if (dueAtMs <= nowMs) possible.push(() => hear({ type: 'deadlineReached', kind: kind as 'clearing' }))
    // A commit that comes too late is refused by the contract, each of its attempts once.
    const attempt = transfer.progress.attempts.commit ?? 0
    if (asked.has('commitEscrow') && chain.commit === 0 && seconds() >= refundAfter() && !refused.has(attempt))
      possible.push(() => {
        refused.add(attempt)
        hear({ type: 'intentRefused', step: 'commitEscrow', attempt, code: 'chain_refused', detail: 'CommitTooLate' })
      })
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
    mine()
    const more = listen(round)
    if (!more && timers.size === 0) break
    if (!more) nowMs = Math.max(nowMs, ...timers.values())
  }
  return { transfer, ledger, bank, chain, passed, news }
}

describe.each([true, false])(
  'a remittance in a world that tells the truth late, twice and in any order (commits: %s)',
  commits => {
    it('ends, and its ledger is what the banks and the chain hold', () => {
      const passed = new Set<State>()
      fc.assert(
        fc.property(anyLife, dice => {
          const { transfer, ledger, bank, chain, ...life } = live(dice, commits)
          for (const state of life.passed) passed.add(state)
          expect(['completed', 'compensated', 'canceled', 'failed', 'review'], 'it ends').toContain(transfer.state)

          const paid = 10_025n
          const [debit, credit, payout] = [bank.debit, bank.credit, bank.payout].map(order => order === 'settled')
          const amount = (is: boolean | undefined, minor: bigint) => (is ? minor : 0n)
          expect(ledger.balance('bank_cash:bank:sim:USD'), 'bank cash is the bank’s').toBe(
            amount(debit, paid) - amount(credit, paid),
          )
          expect(ledger.balance('bank_cash:bank:sim:EUR'), 'the partner’s cash is not ours').toBe(0n)
          const ended = chain.release > 0 || chain.refund > 0 || chain.clawback > 0
          expect(ledger.balance('escrow:evm:1:USDC'), 'escrow is the chain’s').toBe(
            amount(chain.lock > 0 && !ended, 100_000_000n),
          )
          expect(ledger.balance('exposure:evm:1:USDC'), 'what the issuer took is our exposure').toBe(
            amount(chain.clawback > 0, 100_000_000n),
          )
          expect(ledger.balance('exchange:USDC'), 'what the partner got is what the chain released').toBe(
            amount(chain.release > 0, 100_000_000n),
          )
          expect(ledger.balance('payout_partner:EUR'), 'we owe the partner what he paid, or he owes us what he did not').toBe(
            amount(chain.release > 0, 9_000n) - amount(payout, 9_000n),
          )
          expect(ledger.open('pending')).toEqual([])
          if (transfer.state !== 'review')
            for (const currency of ['USD', 'EUR']) expect(ledger.balance(`customer_clearing:${currency}`)).toBe(0n)
          const claimed = ledger.balance('receivable:USD') + ledger.balance('customer_clearing:USD')
          if (payout)
            expect([claimed, ledger.balance('customer_clearing:EUR')], 'he owes what he has had more than once').toEqual([
              paid - amount(debit, paid) + amount(credit, paid),
              0n,
            ])
          // Nobody is served twice, and nobody who paid goes without.
          if (transfer.state === 'completed')
            expect([debit, credit, payout, chain.release > 0]).toEqual([true, false, true, true])
          if (transfer.state === 'compensated')
            expect([chain.release > 0, payout, credit], 'the money is with the customer').toEqual([false, false, debit])
          if (transfer.state === 'failed' || transfer.state === 'canceled')
            expect([chain.lock, debit, credit, payout]).toEqual([0, false, false, false])
        }),
        { seed, numRuns: 3_000 },
      )
      // Negative control: a world in which nothing happened would agree with any ledger.
      const possible = states.filter(state => state in remittanceTransitions && (commits || state !== 'committed'))
      expect(possible.filter(state => !passed.has(state))).toEqual([])
    })
  },
)
