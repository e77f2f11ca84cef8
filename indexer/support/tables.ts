import { createHash } from 'node:crypto'
import pg from 'pg'

export type Tables = ReturnType<typeof openTables>

/** Reads what the indexer has written. */
export const openTables = (url: string) => {
  const pool = new pg.Pool({ connectionString: url, max: 3 })
  pool.on('error', () => {})
  const all = async (sql: string, values: unknown[] = []) => (await pool.query(sql, values)).rows
  return {
    pool,
    all,
    close: () => pool.end(),
    cursor: async (): Promise<bigint> => BigInt((await all('select cursor_height from chain_heads'))[0]?.cursor_height ?? -1),
    cursorHash: async (): Promise<string> => (await all('select cursor_hash from chain_heads'))[0]?.cursor_hash,
    head: async () => (await all('select * from chain_heads'))[0],
    inbox: (): Promise<InboxRow[]> =>
      all('select source, fact, subject, kind, payload, revision, consumed from inbox order by fact'),
    /** A fingerprint of everything but the times of writing. */
    digest: async () => {
      const parts = [
        await all('select to_jsonb(h) - $1 as row from chain_heads h order by chain', ['updated_at']),
        await all('select to_jsonb(b) as row from chain_blocks b order by chain, hash'),
        await all('select to_jsonb(e) as row from chain_events e order by chain, block_hash, log_index'),
        await all('select to_jsonb(i) - $1 as row from inbox i order by source, fact', ['received_at']),
        await all('select to_jsonb(a) - $1 as row from chain_anomalies a order by chain, tx_hash, ordinal, reason', ['seen_at']),
        await all('select to_jsonb(t) as row from chain_token_states t order by chain, token, block_hash'),
      ]
      return { sha256: createHash('sha256').update(JSON.stringify(parts)).digest('hex'), rows: parts.map(part => part.length) }
    },
  }
}

export type InboxRow = {
  source: string
  fact: string
  subject: string
  kind: string
  payload: Record<string, unknown>
  revision: number
  consumed: number
}
