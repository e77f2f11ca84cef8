import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { inTransaction } from '../transaction.ts'
import { chartFor } from './chart.ts'
import { liquidityLaws } from './liquidity-law.ts'
import { openAccounts } from './open-accounts.ts'

const migration = readFileSync(new URL('../../migrations/0025_bank_cash.sql', import.meta.url), 'utf8')
const carryOver = /^do \$\$.*^end \$\$;/ms.exec(migration)![0]

let database: Awaited<ReturnType<typeof freshDatabase>>
let owner: pg.Pool
beforeAll(async () => {
  database = await freshDatabase()
  owner = new pg.Pool({ connectionString: database.url, max: 2 })
})
afterAll(async () => {
  await owner.end()
  await database.drop()
})

/** A house of the time when a currency's bank accounts shared one: what stands on that, and what its pools have. */
const house = async (posted: string, pools: Record<string, string>) => {
  await openAccounts(owner, [
    ...chartFor({ partners: ['USD'] }),
    { id: 'bank_cash:USD', kind: 'asset', currency: 'USD', shards: 16 },
  ])
  if (posted !== '0')
    await owner.query(
      `with e as (insert into ledger_entries (transfer_id, version, kind) values ('opening:bank_cash:USD', 1, 'opening') returning position)
       insert into ledger_postings (entry, line, account_id, currency, layer, amount)
       select position, 0, 'bank_cash:USD', 'USD', 'posted', $1::numeric from e union all
       select position, 1, 'equity:USD', 'USD', 'posted', -$1::numeric from e`,
      [posted],
    )
  for (const [id, total] of Object.entries(pools))
    await owner.query(`insert into liquidity_pools (id, currency, total, account_id) values ($1, 'USD', $2, 'bank_cash:USD')`, [
      ...[id, total],
    ])
}
const cash = async () =>
  Object.fromEntries(
    (
      await owner.query<{ id: string; posted: string }>(
        `select a.id, coalesce(sum(b.posted), 0)::text as posted from ledger_accounts a left join ledger_balances b on b.account_id = a.id
          where a.id like 'bank_cash:%' group by a.id`,
      )
    ).rows.map(({ id, posted }) => [id, posted]),
  )

beforeEach(async () => {
  await owner.query(`
    alter table ledger_postings disable trigger append_only; alter table ledger_entries disable trigger append_only;
    truncate ledger_postings, ledger_entries, ledger_balances, liquidity_pools, ledger_accounts cascade;
    alter table ledger_postings enable trigger append_only; alter table ledger_entries enable trigger append_only`)
})

it('what two banks shared is carried to an account for each, as their pools have it', async () => {
  await house('1000', { 'bank:a:USD': '1300', 'bank:b:USD': '-300' })
  await owner.query(carryOver)
  expect(await cash()).toEqual({ 'bank_cash:USD': '0', 'bank_cash:bank:a:USD': '1300', 'bank_cash:bank:b:USD': '-300' })
  const laws = await inTransaction(owner, liquidityLaws)
  expect(laws.map(({ name, ok }) => [name, ok])).toEqual([
    ['liquidity_equals_account:bank_cash:bank:a:USD', true],
    ['liquidity_equals_account:bank_cash:bank:b:USD', true],
  ])
  // Whoever opens the books again books nothing again.
  const { rows } = await owner.query(`select transfer_id from ledger_entries where kind = 'carriedOver' order by 1`)
  expect(rows.map(row => row.transfer_id)).toEqual(['opening:bank_cash:bank:a:USD', 'opening:bank_cash:bank:b:USD'])
})

it('an account on which nothing was ever booked goes', async () => {
  await house('0', { 'bank:a:USD': '0' })
  await owner.query(carryOver)
  expect(await cash()).toEqual({ 'bank_cash:bank:a:USD': '0' })
})

it.each([
  ['pools that have something else', '1000', { 'bank:a:USD': '999' }],
  ['money that no pool stands for', '1000', {}],
])('%s: nobody can say where it is, and nothing is carried', async (_what, posted, pools) => {
  await house(posted, pools)
  await expect(owner.query(carryOver)).rejects.toThrow('nobody can say at which bank it is')
  expect(await cash()).toEqual({ 'bank_cash:USD': posted })
})
