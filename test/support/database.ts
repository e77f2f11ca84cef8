import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { templateOf } from './postgres.setup.ts'

/** A migrated database of its own for one test file, dropped by `drop`. */
export const freshDatabase = async (): Promise<{ url: string; drop: () => Promise<void> }> => {
  const url = new URL(inject('postgresUrl'))
  const name = `test_${randomBytes(6).toString('hex')}`
  await runAsAdmin(`create database ${name} template ${templateOf(url.href).name}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return { url: own.href, drop: () => runAsAdmin(`drop database if exists ${name} with (force)`) }
}

const runAsAdmin = async (sql: string) => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
