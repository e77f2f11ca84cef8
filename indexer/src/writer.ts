import pg from 'pg'
import { pause } from './pause.ts'

// A lock holder whose machine vanished must lose its connection, and the lock with it, in seconds and not in hours.
const settings = [
  ...['role=causeway_indexer', 'idle_in_transaction_session_timeout=60000'],
  ...['tcp_keepalives_idle=10', 'tcp_keepalives_interval=5', 'tcp_keepalives_count=3'],
]

export type Writer = { readonly db: pg.Client; readonly release: () => Promise<void> }

/**
 * Waits until this process is the chain's only writer. The lock lives in the very connection that writes: when the connection dies, the
 * right to write dies with it, and what a frozen process still has in its hands cannot reach the tables. Undefined when `signal` fires.
 */
export const becomeWriter = async (
  databaseUrl: string,
  chain: string,
  signal: AbortSignal,
  onStandby: (db: pg.Client) => Promise<void>,
): Promise<Writer | undefined> => {
  const db = new pg.Client({
    connectionString: databaseUrl,
    options: settings.map(setting => `-c ${setting}`).join(' '),
    application_name: `causeway-indexer ${chain}`,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    query_timeout: 60_000,
  })
  db.on('error', () => {}) // the next query fails and says so
  // A database that vanished does not say goodbye either.
  const release = () => Promise.race([db.end().catch(() => {}), pause(2_000, AbortSignal.timeout(2_000))])
  try {
    await db.connect()
    // Asking again and again, not waiting inside one statement: that would hold a snapshot and keep vacuum from its work.
    while (!signal.aborted) {
      const { rows } = await db.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as held', [
        `causeway_indexer:${chain}`,
      ])
      if (rows[0].held) return { db, release }
      await onStandby(db)
      await pause(250, signal)
    }
  } catch (error) {
    await release()
    throw error
  }
  await release()
  return undefined
}
