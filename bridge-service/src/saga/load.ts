import type { ClientBase, Pool, QueryConfig } from 'pg'
import type { TransferId } from '../transfer/id.ts'
import type { Transfer } from '../transfer/transfer.ts'

type Database = Pool | ClientBase

const columns = `id, tenant, route, definition, state, version, terms, progress,
  (extract(epoch from phase_since) * 1000)::float8 as "phaseSinceMs"`

/** Transfers by id; one that is parked for a person is left out. */
export const loadTransfers = async (database: Database, ids: readonly TransferId[]): Promise<Transfer[]> => {
  if (ids.length === 0) return []
  const { rows } = await database.query<Transfer>({
    name: 'load_transfers',
    text: `select ${columns} from transfers where id = any($1::text[]) and parked_reason is null`,
    values: [ids],
  })
  return rows
}

/** The versions of transfers as they are now. In a transaction nobody moves them until its end. */
export const shareVersions = async (database: Database, ids: readonly TransferId[]): Promise<Map<TransferId, number>> => {
  const { rows } = await database.query<{ id: TransferId; version: number }>({
    name: 'share_versions',
    text: 'select id, version from transfers where id = any($1::text[]) order by id for share',
    values: [ids],
  })
  return new Map(rows.map(({ id, version }) => [id, version]))
}

export type PoolState = { readonly id: string; readonly version: number; readonly availableMinor: bigint }

export const loadPools = (database: Database, ids: readonly string[]): Promise<PoolState[]> =>
  readPools(database, { name: 'load_pools', text: poolsSql, values: [ids] })

/** Nobody changes them until the transaction ends. */
export const lockPools = (database: ClientBase, ids: readonly string[]): Promise<PoolState[]> =>
  readPools(database, { name: 'lock_pools', text: `${poolsSql} order by id for update`, values: [ids] })

const poolsSql = 'select id, version, total - reserved as available from liquidity_pools where id = any($1::text[])'

const readPools = async (database: Database, query: QueryConfig): Promise<PoolState[]> => {
  const { rows } = await database.query<{ id: string; version: number; available: string }>(query)
  return rows.map(({ id, version, available }) => ({ id, version, availableMinor: BigInt(available) }))
}

/** Takes a transfer out of the machine until a person has looked: a step of it broke an invariant. */
export const parkTransfer = async (database: Database, id: TransferId, reason: string): Promise<void> => {
  await database.query('update transfers set parked_reason = $2 where id = $1 and parked_reason is null', [
    id,
    reason.slice(0, 2_000),
  ])
}
