import type { Pool } from 'pg'
import { inTransaction } from '../transaction.ts'
import { bookStray } from './book.ts'
import type { LeasedOrder } from './orders.ts'
import type { DepositStore } from './store.ts'
import { readStray, type StrayRow, strayColumns } from './stray-row.ts'

export const endOrder = (pool: Pool, order: LeasedOrder, txHash: string): Promise<void> =>
  inTransaction(pool, async client => {
    const ended = await client.query(
      `update deposit_orders set status = 'SUCCEEDED', tx_hash = $2, updated_at = now() where key = $1 and status = 'IN_FLIGHT'`,
      [order.key, txHash],
    )
    if (ended.rowCount === 0 || order.kind !== 'giveBack') return
    const { rows } = await client.query<StrayRow>(
      `update stray_deposits s set state = 'returned', tx_hash = $2, updated_at = now() where id = $1 returning ${strayColumns('s')}`,
      [order.subject, txHash],
    )
    await bookStray(client, readStray(rows[0]!), 'strayDepositReturned')
  })

export const failOrder = (pool: Pool, ...[order, { code, detail }, next]: Parameters<DepositStore['failOrder']>): Promise<void> =>
  inTransaction(pool, async client => {
    const ended = await client.query(
      `update deposit_orders set status = 'FAILED', code = $2, detail = $3, updated_at = now() where key = $1 and status = 'IN_FLIGHT'`,
      [order.key, code, detail],
    )
    if (ended.rowCount === 0 || order.kind !== 'giveBack') return
    await client.query(
      `update stray_deposits set state = $2, code = $3, detail = $4, look_at = now(), updated_at = now() where id = $1 and state = 'returning'`,
      [order.subject, next, code, detail],
    )
  })
