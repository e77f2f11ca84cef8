import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

const folder = fileURLToPath(new URL('../bridge-service/migrations', import.meta.url))
// Two services that start at once migrate one after the other.
const lockKey = 4_261_953_117n

/** Brings the database up to the newest migration, each in a transaction of its own. Returns the names it applied. */
export const migrate = async (url: string): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
    await client.query(
      'create table if not exists schema_migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ name: string; sha256: string }>('select name, sha256 from schema_migrations')
    const applied = new Map(rows.map(row => [row.name, row.sha256]))
    const fresh: string[] = []
    for (const name of readdirSync(folder)
      .filter(name => name.endsWith('.sql'))
      .sort()) {
      const sql = readFileSync(join(folder, name), 'utf8')
      const sha256 = createHash('sha256').update(sql).digest('hex')
      const known = applied.get(name)
      if (known !== undefined && known !== sha256)
        throw new Error(`migration ${name} was edited after it was applied; add a new one instead`)
      if (known !== undefined) continue
      await client.query('begin')
      await client.query(sql)
      await client.query('insert into schema_migrations (name, sha256) values ($1, $2)', [name, sha256])
      await client.query('commit')
      fresh.push(name)
    }
    return fresh
  } finally {
    await client.end()
  }
}

if (import.meta.main) {
  const url = process.env.DATABASE_URL
  if (!url) {
    console.error('DATABASE_URL is not set: say which database to migrate.')
    process.exit(1)
  }
  const names = await migrate(url)
  console.log(names.length === 0 ? 'nothing to migrate' : names.map(name => `applied ${name}`).join('\n'))
}
