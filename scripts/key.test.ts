import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiKeys } from '../bridge-service/src/http/api-key.ts'
import { freshDatabase } from '../test/support/database.ts'

const script = fileURLToPath(new URL('key.ts', import.meta.url))
const run = promisify(execFile)

let database: Awaited<ReturnType<typeof freshDatabase>>
let pool: pg.Pool
beforeAll(async () => {
  database = await freshDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
  pool.on('error', () => {})
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
const mint = (...args: string[]) =>
  run(process.execPath, [script, ...args], { env: { ...process.env, DATABASE_URL: database.url } })
const held = async () => (await pool.query('select id, row_to_json(api_keys)::text as row from api_keys')).rows

test('a key opens what its scopes say, and the database cannot tell it', async () => {
  const { stdout } = await mint('--tenant', 'house', '--scopes', 'operator, chains:read')
  const key = stdout.trim()
  expect(await apiKeys(pool).find(key)).toMatchObject({ tenant: 'house', scopes: ['operator', 'chains:read'] })
  const rows = await held()
  expect(rows).toHaveLength(1)
  expect(rows[0].row).not.toContain(key.slice(3))
})

test('two calls are two keys of two persons', async () => {
  const keys = [
    await mint('--tenant', 'house', '--scopes', 'operator', '--json'),
    await mint('--tenant', 'house', '--scopes', 'operator', '--json'),
  ]
  const said = keys.map(({ stdout }) => JSON.parse(stdout))
  expect(said[0].id).not.toBe(said[1].id)
  for (const { id, key } of said)
    expect(await apiKeys(pool).find(key)).toEqual({ id, person: id, tenant: 'house', scopes: ['operator'] })
})

test.each([
  ['an unknown scope', ['--tenant', 'house', '--scopes', 'operator,everything']],
  ['no scope', ['--tenant', 'house']],
  ['no tenant', ['--scopes', 'operator']],
  ['an unknown option', ['--tenant', 'house', '--scopes', 'operator', '--forever']],
])('%s makes no key', async (_, args) => {
  const before = await held()
  await expect(mint(...args)).rejects.toMatchObject({ code: 1, stdout: '' })
  expect(await held()).toEqual(before)
})
