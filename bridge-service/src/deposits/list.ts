import type { Pool } from 'pg'
import type { StrayState } from './stray-deposit.ts'
import { type KnownStray, readStray, type StrayRow, strayColumns } from './stray-row.ts'

/** Whose cases somebody may see: those of a tenant's transfers, or all, those under nobody's ref included. */
export type Sight = { readonly tenant: string } | 'all'

const tenantOf = (sight: Sight): string | null => (sight === 'all' ? null : sight.tenant)

/** Newest first, from behind `before`, which is an id. */
export const listStrays = async (
  pool: Pool,
  sight: Sight,
  state: StrayState | undefined,
  before: string | undefined,
  limit: number,
): Promise<KnownStray[]> => {
  const { rows } = await pool.query<StrayRow>({
    name: sight === 'all' ? 'list_stray_deposits' : 'list_stray_deposits_of_tenant',
    text: `select ${strayColumns('s')} from stray_deposits s
            where ${sight === 'all' ? '$1::text is null' : 's.tenant = $1'} and s.id < $2 and ($3::text is null or s.state = $3)
            order by s.id desc limit $4`,
    values: [tenantOf(sight), before ?? 'sd_~', state ?? null, limit],
  })
  return rows.map(readStray)
}

export const findStray = async (pool: Pool, sight: Sight, id: string): Promise<KnownStray | undefined> => {
  const { rows } = await pool.query<StrayRow>({
    name: 'find_stray_deposit',
    text: `select ${strayColumns('s')} from stray_deposits s where s.id = $1 and ($2::text is null or s.tenant = $2)`,
    values: [id, tenantOf(sight)],
  })
  return rows[0] && readStray(rows[0])
}
