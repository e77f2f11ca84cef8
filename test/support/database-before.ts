import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { inject } from 'vitest'

const folder = new URL('../../bridge-service/migrations/', import.meta.url)

/** A database as it was before a migration, for a test of what that makes of the rows which it finds. */
export const databaseBefore = async (migration: string) => {
  const names = readdirSync(folder).sort()
  const file = names.find(name => name.startsWith(migration))!
  const run = (client: pg.Client, name: string) => client.query(readFileSync(new URL(name, folder), 'utf8'))
  const admin = new pg.Client({ connectionString: inject('postgresUrl') })
  await admin.connect()
  const name = `before_${randomBytes(6).toString('hex')}`
  await admin.query(`create database ${name}`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  const owner = new pg.Client({ connectionString: url.href })
  await owner.connect()
  for (const earlier of names.filter(each => each < file)) await run(owner, earlier)
  return {
    owner,
    migrate: () => run(owner, file),
    drop: async () => {
      await owner.end()
      await admin.query(`drop database ${name} with (force)`).finally(() => admin.end())
    },
  }
}
