import type { Pool } from 'pg'
import type { TransferId } from '../transfer/id.ts'
import type { TimerKind } from '../transfer/input.ts'
import type { Work } from './coordinator.ts'

/** Durable timers that are due by database time, as inputs. One that no longer means anything is removed when the machine ignores it. */
export const dueTimers = async (pool: Pool, limit = 500): Promise<Work[]> => {
  const { rows } = await pool.query<{ transfer_id: TransferId; kind: TimerKind }>({
    name: 'due_timers',
    text: `select d.transfer_id, d.kind from deadlines d join transfers t on t.id = d.transfer_id and t.parked_reason is null
            where d.due_at <= now() order by d.due_at limit $1`,
    values: [limit],
  })
  return rows.map(({ transfer_id: transferId, kind }) => ({
    transferId,
    input: { type: 'deadlineReached', kind },
    actor: 'saga',
    cause: `deadline:${kind}`,
    ignored: version => {
      // Only for the version that ignored it: a step that came meanwhile may have set the timer anew.
      void pool
        .query(
          `delete from deadlines d using transfers t
            where d.transfer_id = $1 and d.kind = $2 and d.due_at <= now() and t.id = d.transfer_id and t.version = $3`,
          [transferId, kind, version],
        )
        .catch(() => {}) // it comes round again
    },
  }))
}
