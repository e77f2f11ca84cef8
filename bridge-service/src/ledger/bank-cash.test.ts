import { afterEach, beforeEach, expect, it } from 'vitest'
import { databaseBefore } from '../../../test/support/database-before.ts'
import { liquidityLaws } from './liquidity-law.ts'

let database: Awaited<ReturnType<typeof databaseBefore>>
beforeEach(async () => {
  database = await databaseBefore('0025')
})
afterEach(() => database.drop())

/** A house of the time when a currency's bank accounts shared one: what stands on that, and what its pools have. */
const house = async (posted: string, pools: Record<string, string>) => {
  const { owner } = database
  await owner.query(
    `insert into ledger_accounts (id, kind, currency, shards) values ('bank_cash:USD', 'asset', 'USD', 16), ('equity:USD', 'equity', 'USD', 1)`,
  )
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
      await database.owner.query<{ id: string; posted: string }>(
        `select a.id, coalesce(sum(b.posted), 0)::text as posted from ledger_accounts a left join ledger_balances b on b.account_id = a.id
          where a.id like 'bank_cash:%' group by a.id`,
      )
    ).rows.map(({ id, posted }) => [id, posted]),
  )

it('what two banks shared is carried to an account for each, as their pools have it', async () => {
  await house('1000', { 'bank:a:USD': '1300', 'bank:b:USD': '-300' })
  await database.migrate()
  expect(await cash()).toEqual({ 'bank_cash:USD': '0', 'bank_cash:bank:a:USD': '1300', 'bank_cash:bank:b:USD': '-300' })
  const laws = await liquidityLaws(database.owner)
  expect(laws.map(({ name, ok }) => [name, ok])).toEqual([
    ['liquidity_equals_account:bank_cash:bank:a:USD', true],
    ['liquidity_equals_account:bank_cash:bank:b:USD', true],
  ])
  // Whoever opens the books again books nothing again.
  const { rows } = await database.owner.query(`select transfer_id from ledger_entries where kind = 'carriedOver' order by 1`)
  expect(rows.map(row => row.transfer_id)).toEqual(['opening:bank_cash:bank:a:USD', 'opening:bank_cash:bank:b:USD'])
})

it('an account on which nothing was ever booked goes', async () => {
  await house('0', { 'bank:a:USD': '0' })
  await database.migrate()
  expect(await cash()).toEqual({ 'bank_cash:bank:a:USD': '0' })
})

it.each([
  ['pools that have something else', '1000', { 'bank:a:USD': '999' }],
  ['money that no pool stands for', '1000', {}],
])('%s: nobody can say where it is, and nothing is carried', async (_what, posted, pools) => {
  await house(posted, pools)
  await expect(database.migrate()).rejects.toThrow('nobody can say at which bank it is')
  expect(await cash()).toEqual({ 'bank_cash:USD': posted })
})
