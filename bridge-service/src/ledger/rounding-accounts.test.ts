import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { account, chartFor } from './chart.ts'
import { openAccounts } from './open-accounts.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
let owner: pg.Pool
beforeAll(async () => {
  database = await freshDatabase()
  owner = new pg.Pool({ connectionString: database.url, max: 1 })
})
afterAll(async () => {
  await owner.end()
  await database.drop()
})

it('books that were opened before residues were booked get the accounts for them', async () => {
  const chart = chartFor({ banks: [{ rail: 'bank:sim', currency: 'USD' }], tokens: [{ chain: 'evm:1', currency: 'USDC' }] })
  const later = new Set([account.rounding('USD'), account.rounding('USDC'), account.feeIncome('USDC')])
  await openAccounts(
    owner,
    chart.filter(({ id }) => !later.has(id)),
  )
  await owner.query(readFileSync(new URL('../../migrations/0016_rounding.sql', import.meta.url), 'utf8'))
  const { rows } = await owner.query('select id, kind, currency, shards from ledger_accounts order by id')
  expect(rows).toEqual(chart.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
})
