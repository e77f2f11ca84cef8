import { describe, expect, it } from 'vitest'
import { books } from '../../../test/support/books.ts'
import { replay } from '../../../test/support/given.ts'
import { depositRefunded, offramp, history as offrampHistory, payoutRefused } from '../../../test/support/offramp.ts'
import { bankSays, finalAtMs, onramp, history as onrampHistory, settledAtMs } from '../../../test/support/onramp.ts'
import { remittance, history as remittanceHistory } from '../../../test/support/remittance.ts'
import { momentOf } from '../rails/moment.ts'
import type { RailFact } from '../rails/rail.ts'
import { decide } from './decide.ts'
import type { TransferEvent } from './event.ts'
import type { RailStep } from './input.ts'
import type { State } from './state.ts'
import type { Transfer } from './transfer.ts'

type Order = 'debit' | 'credit' | 'payout'

const stepOf = { debit: 'debitFiat', credit: 'creditFiat', payout: 'payoutFiat' } as const satisfies Record<Order, RailStep>
const aboutIt: Readonly<Record<Order, readonly TransferEvent['type'][]>> = {
  debit: ['debitSettled', 'debitReturned', 'debitReturnReversed'],
  credit: ['creditSettled', 'creditReturned', 'creditReturnReversed'],
  payout: ['payoutSettled', 'payoutReturned', 'payoutReturnReversed'],
}

/** What the bank does, a minute apart. */
const wavering = ['settled', 'returned', 'returnReversed', 'returned', 'returnReversed'] as const

const ordersOf = <T>(items: readonly T[]): T[][] =>
  items.length < 2 ? [[...items]] : items.flatMap((item, at) => ordersOf(items.toSpliced(at, 1)).map(rest => [item, ...rest]))

const minuteOf = ({ at }: RailFact) => (Date.parse(at) - settledAtMs) / 60_000
const describeWords = (words: readonly RailFact[]) => words.map(fact => `${fact.type} ${minuteOf(fact)}`).join(', ')

const sayAt = (type: RailFact['type'], atMs: number): RailFact => ({ ...bankSays(type), at: new Date(atMs).toISOString() })
const byClock = (count: number) => wavering.slice(0, count).map((type, minute) => sayAt(type, settledAtMs + minute * 60_000))

/** The same on a statement that dates by the day: two lines are read when there are two, the others when all are there. */
const byDay = (count: number) =>
  wavering.slice(0, count).map((type, place): RailFact => {
    const readAtMs = settledAtMs + (place < 2 ? 1 : count) * 60_000 + 1_000
    return { ...bankSays(type), at: momentOf('2026-03-02', readAtMs, place) }
  })

/** Both as they may be heard: each in its order, one before, after or among the other. */
const mergesOf = <T>(one: readonly T[], other: readonly T[]): T[][] => {
  if (one.length === 0 || other.length === 0) return [[...one, ...other]]
  const after = (first: T, rest: T[][]) => rest.map(order => [first, ...order])
  return [...after(one[0]!, mergesOf(one.slice(1), other)), ...after(other[0]!, mergesOf(one, other.slice(1)))]
}
const subsetsOf = <T>(items: readonly T[]): T[][] =>
  items.length === 0 ? [[]] : subsetsOf(items.slice(1)).flatMap(rest => [rest, [items[0]!, ...rest]])
const isInTheBooks = ({ progress: { debit, credit, payout } }: Transfer, order: Order) => {
  if (order === 'debit') return debit?.settledAt !== undefined && debit.returned === undefined
  const payment = order === 'credit' ? credit : payout
  return payment?.settled === true && !payment.returned
}

/** Where the money of an order is booked that has moved, and by how much. */
const movedOf = ({ route }: Transfer, order: Order): readonly [string, bigint] => {
  if (order === 'debit') return ['bank_cash:bank:sim:USD', 10_025n]
  if (order === 'credit') return ['bank_cash:bank:sim:USD', -10_025n]
  return route === 'remittance' ? ['payout_partner:EUR', -9_000n] : ['bank_cash:bank:sim:USD', -10_000n]
}

/**
 * Tells all of it in one order. Returns whether the books have the money of it then, by what was booked and by what is known of it, and what was
 * wished for to give anything back.
 */
const told = (start: Transfer, order: Order, facts: readonly RailFact[]) => {
  const ledger = books()
  const [account, moved] = movedOf(start, order)
  const wayBack: string[] = []
  let transfer = start
  for (const fact of facts) {
    const result = decide(transfer, { type: 'railFact', step: stepOf[order], fact }, settledAtMs)
    if (!('events' in result)) continue
    transfer = result.after
    wayBack.push(...result.intents.map(({ step }) => step).filter(step => step.startsWith('refund')))
    for (const { entry } of result.entries) if (aboutIt[order].some(type => type === entry.kind)) ledger.book(entry)
  }
  const { finalAt } = transfer.progress.debit ?? {}
  if (order === 'debit' && finalAt !== undefined) expect(Date.parse(finalAt)).toBeGreaterThanOrEqual(finalAtMs)
  const bookedBefore = isInTheBooks(start, order) ? moved : 0n
  return { stands: [ledger.balance(account) + bookedBefore === moved, isInTheBooks(transfer, order)], wayBack }
}

const dated = (past: readonly TransferEvent[]) =>
  past.map(event =>
    event.type === 'debitReturned' || event.type === 'payoutReturned' || event.type === 'creditReturned'
      ? { ...event, at: new Date(settledAtMs).toISOString() }
      : event,
  )

const withoutDebit: readonly string[] = ['requested', 'screened', 'canceled'] satisfies State[]
const credited: readonly string[] = ['crediting', 'compensated'] satisfies State[]
const paidOut: readonly string[] = [
  'payingOut',
  'collecting',
  'collected',
  'completed',
  'releasing',
  'released',
] satisfies State[]
// Back by way of a refused payout.
const refused: readonly string[] = ['refunding', 'refunded', 'crediting', 'compensated'] satisfies State[]

const livesOf = (order: Order): [string, Transfer][] => {
  const { review: broughtBack, ...offramps } = offrampHistory
  const refusedPayout = [...offramps.payingOut, payoutRefused, { type: 'compensationStarted', reason: 'rail_refused' } as const]
  const refusals = {
    'refundingDeposit after a refusal': refusedPayout,
    'refundedDeposit after a refusal': [...refusedPayout, depositRefunded],
    'compensated after a refusal': [...refusedPayout, depositRefunded, { type: 'depositRefundFinalized' } as const],
    'review after a return': broughtBack,
  }
  const isMeant = (state: string) => {
    if (order === 'debit') return !withoutDebit.includes(state)
    return order === 'credit' ? credited.includes(state) : paidOut.includes(state) || refused.includes(state)
  }
  const lives = <H extends object>(route: string, histories: H, start: (past: readonly TransferEvent[]) => Transfer) =>
    (Object.entries(histories) as [string, readonly TransferEvent[]][]).map(([state, past]): [string, string, Transfer] => [
      state,
      `${route} ${state}`,
      start(dated(past)),
    ])
  const onramps = lives('on-ramp', onrampHistory, past => replay(onramp(), past))
  const remittances = lives('remittance', remittanceHistory, past => replay(remittance(), past))
  const sales = lives('off-ramp', offramps, past => replay(offramp(), past)).filter(([state]) => paidOut.includes(state))
  const turned = lives('off-ramp', refusals, past => replay(offramp(), past))
  return [
    ...[...(order === 'payout' ? [] : onramps), ...remittances].filter(([state]) => isMeant(state)),
    ...(order === 'payout' ? [...sales, ...turned] : []),
  ].map(([, name, transfer]) => [name, transfer])
}

describe.each(
  (['debit', 'credit', 'payout'] as const).flatMap(order => livesOf(order).map(([name, start]) => [order, name, start] as const)),
)('the %s of the %s', (order, _name, start) => {
  it.each([3, 4, 5])('ends as the bank’s last word has it, in whatever order its %i words are told', count => {
    const facts = byClock(count)
    const stands = facts.at(-1)!.type !== 'returned'
    for (const each of ordersOf(facts)) {
      const words = describeWords(each)
      const end = told(start, order, each)
      expect(end.stands, words).toEqual([stands, stands])
      // A return that is told after its reversal, or after the settlement, gives nothing back.
      if (order === 'payout' && each[0]!.type !== 'returned') expect(end.wayBack, words).toEqual([])
    }
  })

  it.each([3, 4])(
    'ends so, too, where a statement that dates by the day tells its %i words among webhooks, some of them lost',
    count => {
      const stands = wavering[count - 1] !== 'returned'
      for (const webhooks of subsetsOf(byClock(count)).flatMap(ordersOf))
        for (const each of mergesOf(webhooks, byDay(count)))
          expect(told(start, order, each).stands, describeWords(each)).toEqual([stands, stands])
    },
  )
})
