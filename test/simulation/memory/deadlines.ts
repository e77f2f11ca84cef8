import type { DueTimer } from '../../../bridge-service/src/saga/store.ts'
import type { DeadlineRow, Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

/** The oldest first; not those of parked transfers. */
export const dueTimers = ({ deadlines, transfers }: Tables, nowMs: number, limit: number): DueTimer[] => {
  const due: DeadlineRow[] = []
  for (const row of deadlines.values())
    if (row.due_at <= nowMs && transfers.get(row.transfer_id)?.parked_reason === null) due.push(row)
  due.sort((a, b) => a.due_at - b.due_at)
  return due.slice(0, limit).map(({ transfer_id: transferId, kind }) => ({ transferId, kind }))
}

/** Moves a timer that is due and that this version of its transfer ignores; `null` removes it. */
export const moveTimer = async (
  tx: MemoryTx,
  { deadlines, transfers }: Tables,
  { transferId, kind }: DueTimer,
  version: number,
  dueAtMs: number | null,
): Promise<void> => {
  const key = `${transferId} ${kind}`
  await tx.lock([`deadline ${key}`])
  const row = tx.get(deadlines, key)
  if (row === undefined || row.due_at > tx.nowMs || tx.get(transfers, transferId)?.transfer.version !== version) return
  tx.put(deadlines, key, dueAtMs === null ? undefined : { ...row, due_at: new Date(dueAtMs).getTime() })
}
