import type { Pool } from 'pg'
import type { TransferId } from '../transfer/id.ts'
import type { TimerKind } from '../transfer/input.ts'
import type { DueTimer } from './store.ts'

/** Durable timers that are due by database time, the oldest first; not those of parked transfers. */
export const dueTimers = async (pool: Pool, limit: number): Promise<DueTimer[]> => {
  const { rows } = await pool.query<{ transfer_id: TransferId; kind: TimerKind }>({
    name: 'due_timers',
    // A subquery instead of a join, and the time once: planned while there was nothing, the join went through all transfers and asked for the
    // time of each, some 8 ms a look.
    text: `select d.transfer_id, d.kind from deadlines d
            where d.due_at <= (select causeway_now()) and (select t.parked_reason is null from transfers t where t.id = d.transfer_id)
            order by d.due_at limit $1`,
    values: [limit],
  })
  return rows.map(({ transfer_id: transferId, kind }) => ({ transferId, kind }))
}

/** Moves a timer that is due and that this version of its transfer ignores, or removes it: a step that came meanwhile may have set it anew. */
export const moveTimer = async (
  pool: Pool,
  { transferId, kind }: DueTimer,
  version: number,
  dueAtMs: number | null,
): Promise<void> => {
  const isStill = `d.transfer_id = $1 and d.kind = $2 and d.due_at <= causeway_now() and t.id = d.transfer_id and t.version = $3`
  if (dueAtMs === null)
    await pool.query(`delete from deadlines d using transfers t where ${isStill}`, [transferId, kind, version])
  else
    await pool.query(`update deadlines d set due_at = $4 from transfers t where ${isStill}`, [
      transferId,
      kind,
      version,
      new Date(dueAtMs).toISOString(),
    ])
}
