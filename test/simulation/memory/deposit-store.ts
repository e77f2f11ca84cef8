import {
  type DepositOrder,
  giveBackOrder,
  type LeasedOrder,
  lockSignedOrder,
  orderLimits,
} from '../../../bridge-service/src/deposits/orders.ts'
import type { DepositStore } from '../../../bridge-service/src/deposits/store.ts'
import { uniqueViolation } from './database-error.ts'
import { frozen } from './frozen.ts'
import { inOneStatement } from './statement.ts'
import { bookStray, claimCases, isWatched, knownOf, openCases, settleCase } from './stray-cases.ts'
import type { DepositOrderRow } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** What happens around a call; see `Around` of the saga's connections. */
export type AroundDeposits = <T>(call: keyof DepositStore, about: string | undefined, effect: () => Promise<T>) => Promise<T>

export const isOpenOrder = ({ status }: DepositOrderRow): boolean => status === 'PENDING' || status === 'IN_FLIGHT'

/** Of what goes back, that which comes from no deposit address: so many of them are under way at most. */
export const isCounted = (order: DepositOrder): boolean => order.kind === 'giveBack' && order.request.address === null

/** The desk's store without a database. */
export const depositStore = (
  database: MemoryDatabase,
  around: AroundDeposits = (_call, _about, effect) => effect(),
): DepositStore => {
  const { stray_deposits, deposit_orders } = database.tables
  const statement = <T>(name: keyof DepositStore, about: string | undefined, work: (tx: MemoryTx) => Promise<T>) =>
    around(name, about, () => inOneStatement(database, undefined, work))
  const transferOf = (id: string) => stray_deposits.get(id)?.transfer_id ?? undefined

  /** Of an order that is under way. Returns whether it was, and ends the case that it is about. */
  const endingOf = async (tx: MemoryTx, { key }: LeasedOrder, how: Partial<DepositOrderRow>): Promise<boolean> => {
    await tx.lock([`order ${key}`])
    const row = tx.get(deposit_orders, key)
    if (row?.status !== 'IN_FLIGHT') return false
    tx.put(deposit_orders, key, { ...row, ...how, updated_at: tx.nowMs } as DepositOrderRow)
    return row.kind === 'giveBack'
  }

  return {
    openCases: (...asked) => statement('openCases', undefined, tx => openCases(database, tx, ...asked)),
    claimCases: chains => statement('claimCases', undefined, tx => claimCases(database, tx, chains)),
    settleCase: (...told) => statement('settleCase', transferOf(told[0]), tx => settleCase(database, tx, ...told)),
    orderReturn: stray =>
      statement('orderReturn', stray.transferId ?? undefined, async tx => {
        await tx.lock([stray.id])
        const row = tx.get(stray_deposits, stray.id)
        if (row === undefined || !isWatched(row)) return
        tx.put(stray_deposits, stray.id, { ...row, state: 'returning', code: null, detail: null, updated_at: tx.nowMs })
        insertOrder(tx, deposit_orders, 'giveBack', stray.id, attempt => giveBackOrder(stray, attempt))
      }),
    claimOrders: chains =>
      statement('claimOrders', undefined, async tx => {
        const room = new Map(chains.map(chain => [chain, orderLimits.returning]))
        for (const row of deposit_orders.values())
          if (isCounted(row) && row.status === 'IN_FLIGHT') room.set(row.chain, (room.get(row.chain) ?? 0) - 1)
        const due = [...deposit_orders.values()]
          .filter(row => isOpenOrder(row) && row.next_at <= tx.nowMs && chains.includes(row.chain))
          .filter(row => !tx.isLockedByAnother(`order ${row.key}`))
          .sort((a, b) => a.next_at - b.next_at)
          .filter(row => {
            if (!isCounted(row) || row.status !== 'PENDING') return true
            const left = room.get(row.chain)!
            room.set(row.chain, left - 1)
            return left > 0
          })
        return due.slice(0, orderLimits.limit).map(row => {
          const leased = { status: 'IN_FLIGHT', attempts: row.attempts + 1, updated_at: tx.nowMs } as const
          tx.put(deposit_orders, row.key, { ...row, ...leased, next_at: tx.nowMs + orderLimits.leaseMs })
          const { key, kind, chain, subject, request } = row
          return { key, kind, chain, subject, request, attempts: leased.attempts, tried: row.status !== 'PENDING' } as LeasedOrder
        })
      }),
    postponeOrder: ({ key, subject }, delayMs) =>
      statement('postponeOrder', transferOf(subject), async tx => {
        await tx.lock([`order ${key}`])
        const row = tx.get(deposit_orders, key)
        if (row?.status === 'IN_FLIGHT')
          tx.put(deposit_orders, key, { ...row, next_at: tx.nowMs + delayMs, updated_at: tx.nowMs })
      }),
    endOrder: (order, txHash) =>
      statement('endOrder', transferOf(order.subject), async tx => {
        if (!(await endingOf(tx, order, { status: 'SUCCEEDED', tx_hash: txHash }))) return
        await tx.lock([order.subject])
        const row = tx.get(stray_deposits, order.subject)!
        tx.put(stray_deposits, row.id, { ...row, state: 'returned', tx_hash: txHash, updated_at: tx.nowMs })
        bookStray(database, tx, knownOf(row), false)
      }),
    failOrder: (order, { code, detail }, next) =>
      statement('failOrder', transferOf(order.subject), async tx => {
        if (!(await endingOf(tx, order, { status: 'FAILED', code, detail }))) return
        await tx.lock([order.subject])
        const row = tx.get(stray_deposits, order.subject)
        if (row?.state !== 'returning') return
        tx.put(stray_deposits, row.id, { ...row, state: next, code, detail, look_at: tx.nowMs, updated_at: tx.nowMs })
      }),
  }
}

/** What the API writes when a customer has signed his lock. Throws when another one of his is still on its way. */
export const keepSignedLock = (
  database: MemoryDatabase,
  ...[transferId, chain, request]: Parameters<typeof lockSignedOrder> extends [...infer Asked, number] ? Asked : never
): Promise<void> =>
  inOneStatement(database, undefined, tx =>
    insertOrder(tx, database.tables.deposit_orders, 'lockSigned', transferId, attempt =>
      lockSignedOrder(transferId, chain, request, attempt),
    ),
  )

/** One is open at a time for each that it is about. */
const insertOrder = (
  tx: MemoryTx,
  orders: Map<string, DepositOrderRow>,
  kind: DepositOrder['kind'],
  subject: string,
  orderOf: (attempt: number) => DepositOrder,
): void => {
  const others = [...orders.values()].filter(row => row.kind === kind && row.subject === subject)
  if (others.some(({ status }) => status !== 'FAILED')) throw uniqueViolation('deposit_orders', subject)
  putOrder(tx, orders, orderOf(others.length))
}

export const putOrder = (tx: MemoryTx, orders: Map<string, DepositOrderRow>, order: DepositOrder): void => {
  tx.put(orders, order.key, {
    ...{ ...order, request: frozen(order.request), status: 'PENDING', tx_hash: null, code: null, detail: null },
    ...{ attempts: 0, next_at: tx.nowMs, created_at: tx.nowMs, updated_at: tx.nowMs },
  } as DepositOrderRow)
}
