import type { ClientBase } from 'pg'
import { inTransaction } from './in-transaction.ts'
import { tell } from './outbox.ts'

export type AlarmCode = 'sequence_gap' | 'total_locked_mismatch'

/**
 * The chain's events are in doubt: nothing of it becomes final until the alarm is over. It is told of once, however often it is raised; only its
 * own code ends it, and a second one waits for the first.
 */
export const raiseAlarm = (db: ClientBase, chain: string, code: AlarmCode, details: Record<string, unknown>): Promise<boolean> =>
  inTransaction(db, async () => {
    const { rowCount } = await db.query(
      'update chain_heads set alarm = $2, updated_at = now() where chain = $1 and alarm is null',
      [chain, code],
    )
    if (rowCount !== 1) return false
    await tell(db, chain, 'alarmRaised', { code, ...details })
    return true
  })

export const clearAlarm = (db: ClientBase, chain: string, code: AlarmCode): Promise<boolean> =>
  inTransaction(db, async () => {
    const { rowCount } = await db.query(
      'update chain_heads set alarm = null, updated_at = now() where chain = $1 and alarm = $2',
      [chain, code],
    )
    if (rowCount !== 1) return false
    await tell(db, chain, 'alarmCleared', { code })
    return true
  })
