import type { Pool } from 'pg'
import { inTransaction } from '../transaction.ts'
import { attemptOf, giveBackOrder, insertOrder } from './orders.ts'
import type { DepositStore } from './store.ts'
import type { StrayDeposit } from './stray-deposit.ts'
import { type KnownStray, readStray, type StrayRow, strayColumns } from './stray-row.ts'

const limit = 50
const againMs = 30_000
const selfServeMs = 600_000

export const claimCases = async (pool: Pool, chains: readonly string[]): Promise<KnownStray[]> => {
  const { rows } = await pool.query<StrayRow>({
    name: 'claim_stray_deposits',
    text: `with due as materialized (
             select id from stray_deposits
              where state in ('waiting', 'self_serve') and look_at <= now() and chain = any($1)
              order by look_at limit $2 for update skip locked
           )
           update stray_deposits s set look_at = now() + $3 * interval '1 ms' from due where s.id = due.id
           returning ${strayColumns('s')}`,
    values: [chains, limit, againMs],
  })
  return rows.map(readStray)
}

export const settleCase = async (pool: Pool, ...[id, state, news]: Parameters<DepositStore['settleCase']>): Promise<void> => {
  await pool.query({
    name: 'settle_stray_deposit',
    text: `update stray_deposits
              set state = $2, code = $3, detail = $4, reclaim_after = coalesce($5, reclaim_after), updated_at = now(),
                  look_at = now() + $6 * interval '1 ms'
            where id = $1 and state in ('waiting', 'self_serve')`,
    values: [id, state, news.code ?? null, news.detail ?? null, news.reclaimAfter ?? null, selfServeMs],
  })
}

export const orderReturn = (pool: Pool, stray: StrayDeposit): Promise<void> =>
  inTransaction(pool, async client => {
    // The row is locked first: another worker may have ordered it meanwhile.
    const moved = await client.query(
      `update stray_deposits set state = 'returning', code = null, detail = null, updated_at = now()
        where id = $1 and state in ('waiting', 'self_serve')`,
      [stray.id],
    )
    if (moved.rowCount === 1) await insertOrder(client, giveBackOrder(stray, await attemptOf(client, 'giveBack', stray.id)))
  })
