import { type AddressStore, lookLimits } from '../../../bridge-service/src/deposits/address-store.ts'
import { lockAddressOrder, orderLimits } from '../../../bridge-service/src/deposits/orders.ts'
import type { Watched } from '../../../bridge-service/src/deposits/watched.ts'
import { depositOf } from '../../../bridge-service/src/transfer/hold.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import { isOpenOrder, putOrder } from './deposit-store.ts'
import { inOneStatement } from './statement.ts'
import { insertStray } from './stray-cases.ts'
import type { AddressRow, Tables } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** What happens around a call; see `Around` of the saga's connections. */
export type AroundAddresses = <T>(call: keyof AddressStore, about: string | undefined, effect: () => Promise<T>) => Promise<T>

/** What the trigger on transfers does: none is opened without its address being looked after. */
export const watchAddress = (
  tx: MemoryTx,
  { deposit_addresses }: Tables,
  { id, terms }: Pick<Transfer, 'id' | 'terms'>,
): void => {
  const deposit = depositOf(terms)
  if (deposit?.refundTo !== undefined)
    tx.put(deposit_addresses, id, { transfer_id: id, chain: deposit.chain, seen: 0n, look_at: tx.nowMs })
}

/** An address with all that is known about it. */
export const watchedOf = (tables: Tables, { transfer_id: id, seen }: AddressRow, nowMs: number): Watched => {
  const { transfer, updated_at } = tables.transfers.get(id)!
  const strays = [...tables.stray_deposits.values()].filter(row => row.transfer_id === id && row.address_terms !== null)
  return {
    ...{ transferId: id, tenant: transfer.tenant, state: transfer.state, deposit: depositOf(transfer.terms)!, seen, nowMs },
    movedAtMs: updated_at,
    isLocking: locksOf(tables, id).some(isOpenOrder),
    cases: strays.map(({ token, reason, state }) => ({ token, reason, state })),
  }
}

/** What the sweeper of deposit addresses keeps, without a database. */
export const addressStore = (
  database: MemoryDatabase,
  around: AroundAddresses = (_call, _about, effect) => effect(),
): AddressStore => {
  const { tables } = database
  const { deposit_addresses } = tables
  const lockOf = (id: string) => `address ${id}`
  const statement = <T>(name: keyof AddressStore, about: readonly string[], work: (tx: MemoryTx) => T | Promise<T>) =>
    around(name, about.length === 1 ? about[0] : undefined, () => inOneStatement(database, undefined, work))

  return {
    claimWatched: chains =>
      statement('claimWatched', [], tx => {
        const isDue = ({ look_at, chain, transfer_id }: AddressRow) =>
          look_at !== null && look_at <= tx.nowMs && chains.includes(chain) && !tx.isLockedByAnother(lockOf(transfer_id))
        const due = [...deposit_addresses.values()].filter(isDue).sort((a, b) => a.look_at! - b.look_at!)
        return due.slice(0, lookLimits.limit).map(row => {
          tx.put(deposit_addresses, row.transfer_id, { ...row, look_at: tx.nowMs + lookLimits.leaseMs })
          return watchedOf(tables, row, tx.nowMs)
        })
      }),
    act: ({ transferId, chain, terms, lock, strays }) =>
      statement('act', [transferId], async tx => {
        // Two that order one thing at once wait for each other at its unique index.
        await tx.lock([`lock ${transferId}`, ...strays.map(({ token }) => `stray ${transferId} ${token}`)])
        const locks = locksOf(tables, transferId)
        const isEarly = locks.some(row => isOpenOrder(row) || row.updated_at > tx.nowMs - orderLimits.lockAgainMs)
        if (lock && !isEarly) putOrder(tx, tables.deposit_orders, lockAddressOrder(transferId, chain, terms, locks.length))
        for (const stray of strays) {
          const isOpen = [...tables.stray_deposits.values()].some(
            ({ transfer_id, token, address_terms, state }) =>
              transfer_id === transferId &&
              token === stray.token &&
              address_terms !== null &&
              state !== 'returned' &&
              state !== 'gone',
          )
          if (!isOpen && tx.get(tables.by_stray_fact, `${chain} ${stray.fact}`) === undefined) insertStray(database, tx, stray)
        }
      }),
    keepSeen: news =>
      statement(
        'keepSeen',
        news.map(({ transferId }) => transferId),
        async tx => {
          await tx.lock(news.map(({ transferId }) => lockOf(transferId)))
          for (const { transferId, seen, nextLookMs } of news) {
            const row = tx.get(deposit_addresses, transferId)
            if (row === undefined) continue
            const look_at = nextLookMs === null ? null : tx.nowMs + nextLookMs
            tx.put(deposit_addresses, transferId, { ...row, seen, look_at })
          }
        },
      ),
  }
}

const locksOf = ({ deposit_orders }: Tables, transferId: string) =>
  [...deposit_orders.values()].filter(({ kind, subject }) => kind === 'lockAddress' && subject === transferId)
