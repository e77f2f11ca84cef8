import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { awaited } from '../awaited.ts'
import type { Faults } from '../faults.ts'
import { payableAs } from '../routes/wanted.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Bank, BankOrder } from './bank.ts'
import type { BankStatement } from './statement.ts'

/** What stands on an account of ours because another of our banks has sent it, or no longer does. */
export type ArrivalLine = { readonly order: BankOrder; readonly account: string; readonly amountMinor: bigint }

/** Where an order has got to, as the bank that gets it sees it. */
type Way = { readonly account: string; due: boolean; arrived: boolean }

/**
 * The other end of what is paid to one of our own accounts. Money leaves the one bank and is at the other after a while; only that one's statement
 * tells of it. What comes back at the one is taken back at the other.
 */
export const bookArrivals = (scheduler: Scheduler, random: Random, faults: Faults, bank: Bank, statement: BankStatement) => {
  const ways = new Map<BankOrder, Way>()
  const lines: ArrivalLine[] = []
  const { soon, isAtRest } = awaited(scheduler)

  const wayOf = (order: BankOrder): Way | undefined => {
    const account = [...payableAs].find(([, number]) => number === order.customer)?.[0]
    if (account === undefined) return undefined
    const way = ways.get(order) ?? { account, due: false, arrived: false }
    ways.set(order, way)
    return way
  }
  const book = (order: BankOrder, { account }: Way, amountMinor: bigint) => {
    lines.push({ order, account, amountMinor })
    const isLate = faults.strikes('rebalance: arrives, and no statement shows it for long', order.description)
    const line = { orderId: order.id, externalId: order.externalId, bankTransferId: `${order.id}-in` }
    statement.write(account, line, amountMinor, isLate ? random.between(30, 150) * 60_000 : 0)
  }
  /** To what is due by now. */
  const settle = (order: BankOrder, way: Way) => {
    if (way.due === way.arrived) return
    way.arrived = way.due
    book(order, way, way.arrived ? order.amountMinor : -order.amountMinor)
    if (way.arrived && faults.strikes('rebalance: is sent back after it has arrived', order.description))
      soon(random.between(10, 600) * 1_000, () => {
        if (order.status !== 'settled') return
        way.due = false
        settle(order, way)
        soon(random.between(1, 60) * 1_000, () => bank.sendBack(order))
      })
  }

  bank.onEvent(({ order, type }) => {
    const way = wayOf(order)
    if (way === undefined) return
    if (type === 'submitted' && faults.strikes('rebalance: arrives before it has left', order.description)) way.due = true
    if (type === 'rejected') way.due = false
    if (type === 'submitted' || type === 'rejected') soon(random.between(1, 30) * 1_000, () => settle(order, way))
  })
  bank.onBooked(({ order, amountMinor }) => {
    const way = wayOf(order)
    if (way === undefined) return
    const leaves = amountMinor < 0n
    if (leaves && faults.strikes('rebalance: is returned on its way', order.description))
      return soon(random.between(5, 300) * 1_000, () => bank.sendBack(order))
    way.due = leaves
    soon(random.between(1, 120) * 1_000, () => settle(order, way))
  })

  return { lines, isAtRest }
}
