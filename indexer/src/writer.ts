import pg from 'pg'
import { pause } from './pause.ts'

export type Writer = { readonly db: pg.Client; readonly release: () => Promise<void> }

/**
 * Waits until this process is the chain's only writer. The lock lives in the very connection that writes: when the connection dies, the
 * right to write dies with it, and what a frozen process still has in its hands cannot reach the tables. Undefined when `signal` fires.
 */
export const becomeWriter = async (
  databaseUrl: string,
  chain: string,
  signal: AbortSignal,
  onStandby: () => void,
): Promise<Writer | undefined> => {
  const db = new pg.Client({
    connectionString: databaseUrl,
    options: '-c role=causeway_indexer -c idle_in_transaction_session_timeout=60000',
    application_name: `causeway-indexer ${chain}`,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
  })
  db.on('error', () => {}) // the next query fails and says so
  const release = () => db.end().catch(() => {})
  try {
    await db.connect()
    // Asking again and again, not waiting inside one statement: that would hold a snapshot and keep vacuum from its work.
    while (!signal.aborted) {
      const { rows } = await db.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as held', [
        `causeway_indexer:${chain}`,
      ])
      if (rows[0].held) return { db, release }
      onStandby()
      await pause(250, signal)
    }
  } catch (error) {
    await release()
    throw error
  }
  await release()
  return undefined
}
