import { describe, expect, it } from 'vitest'
import { books } from '../../../test/support/books.ts'
import { replay } from '../../../test/support/given.ts'
import { bankSays, finalAtMs, onramp, history as onrampHistory, settledAtMs } from '../../../test/support/onramp.ts'
import { remittance, history as remittanceHistory } from '../../../test/support/remittance.ts'
import { momentOf } from '../rails/moment.ts'
import type { RailFact } from '../rails/rail.ts'
import { decide } from './decide.ts'
import type { TransferEvent } from './event.ts'
import type { State } from './state.ts'
import type { Transfer } from './transfer.ts'

const withoutDebit: readonly string[] = ['requested', 'screened', 'canceled'] satisfies State[]
const aboutTheDebit: readonly string[] = [
  'debitSettled',
  'debitReturned',
  'debitReturnReversed',
] satisfies TransferEvent['type'][]

/** What the bank does, a minute apart. */
const wavering = ['settled', 'returned', 'returnReversed', 'returned', 'returnReversed'] as const

const ordersOf = <T>(items: readonly T[]): T[][] =>
  items.length < 2 ? [[...items]] : items.flatMap((item, at) => ordersOf(items.toSpliced(at, 1)).map(rest => [item, ...rest]))

const minuteOf = ({ at }: RailFact) => (Date.parse(at) - settledAtMs) / 60_000
const describeOrder = (order: readonly RailFact[]) => order.map(fact => `${fact.type} ${minuteOf(fact)}`).join(', ')
const isInTheBooks = ({ progress: { debit } }: Transfer) => debit?.settledAt !== undefined && debit.returned === undefined

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

/** Tells all of it in one order. Returns whether the books have the debit then, by what was booked and by what is known of it. */
const told = (start: Transfer, facts: readonly RailFact[]) => {
  const ledger = books()
  let transfer = start
  for (const fact of facts) {
    const result = decide(transfer, { type: 'railFact', step: 'debitFiat', fact }, settledAtMs)
    if (!('events' in result)) continue
    transfer = result.after
    for (const { entry } of result.entries) if (aboutTheDebit.includes(entry.kind)) ledger.book(entry)
  }
  const { finalAt } = transfer.progress.debit ?? {}
  if (finalAt !== undefined) expect(Date.parse(finalAt)).toBeGreaterThanOrEqual(finalAtMs)
  const bookedBefore = isInTheBooks(start) ? 10_025n : 0n
  return [ledger.balance('bank_cash:bank:sim:USD') + bookedBefore === 10_025n, isInTheBooks(transfer)]
}

const dated = (past: readonly TransferEvent[]) =>
  past.map(event => (event.type === 'debitReturned' ? { ...event, at: new Date(settledAtMs).toISOString() } : event))

const lives: [string, Transfer][] = [
  ...Object.entries(onrampHistory).map(([state, past]): [string, Transfer] => [
    `on-ramp ${state}`,
    replay(onramp(), dated(past)),
  ]),
  ...Object.entries(remittanceHistory).map(([state, past]): [string, Transfer] => [
    `remittance ${state}`,
    replay(remittance(), dated(past)),
  ]),
]

describe.each(lives.filter(([, { state }]) => !withoutDebit.includes(state)))('%s', (_name, start) => {
  it.each([3, 4, 5])('ends as the bank’s last word has it, in whatever order its %i words are told', count => {
    const facts = byClock(count)
    const isOurs = facts.at(-1)!.type !== 'returned'
    for (const order of ordersOf(facts)) expect(told(start, order), describeOrder(order)).toEqual([isOurs, isOurs])
  })

  it.each([3, 4])(
    'ends so, too, where a statement that dates by the day tells its %i words among webhooks, some of them lost',
    count => {
      const isOurs = wavering[count - 1] !== 'returned'
      for (const webhooks of subsetsOf(byClock(count)).flatMap(ordersOf))
        for (const order of mergesOf(webhooks, byDay(count)))
          expect(told(start, order), describeOrder(order)).toEqual([isOurs, isOurs])
    },
  )
})
