import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Api, startApi } from '../../../test/support/api.ts'

let api: Api
let anna: { id: string; key: string }
let ben: { id: string; key: string }
beforeAll(async () => {
  api = await startApi()
  anna = await api.keyOf('house', ['operator', 'ledger:read'], 'anna')
  ben = await api.keyOf('house', ['operator'], 'ben')
})
afterAll(() => api.close())
beforeEach(() => api.admin.query('truncate bank_statements, bank_statement_lines'))

/** A line of the dollar account as the reader of statements keeps it. */
const line = async (cursor: string, amount: string, verdict = 'unexplained') => {
  await api.admin.query(
    `insert into bank_statement_lines (rail, account, cursor, bank_transfer_id, external_id, currency, amount, at, verdict)
     values ('bank:test', 'acct_usd', $1, 'bt', 'fee-1', 'USD', $2, now(), $3)`,
    [cursor, amount, verdict],
  )
  return cursor
}
const ask = (cursor: string, into?: string, scope = 'rail:bank:test') =>
  api.post(
    '/v1/operator/actions',
    { type: 'explainLine', scope, reason: 'its monthly fee', payload: { account: 'acct_usd', cursor, into } },
    { key: anna.key },
  )
const approve = ({ id, payloadHash }: { id: string; payloadHash: string }) =>
  api.post(`/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash }, { key: ben.key })
const doubts = async () =>
  (await api.get('/v1/operator/stuck', { key: anna.key })).json.data.filter(({ why }: { why: string }) => why === 'doubtful_line')
const cash = async () =>
  (await api.get('/v1/ledger/proof', { key: anna.key })).json.laws.find(
    ({ name }: { name: string }) => name === 'cash_equals_bank:bank:test:USD',
  )
const booked = async (cursor: string) =>
  (
    await api.admin.query<{ line: string }>(
      `select p.account_id || ' ' || p.amount as line from ledger_entries e join ledger_postings p on p.entry = e.position
        where e.transfer_id = $1 order by p.line`,
      [`line:bank:test/acct_usd/${cursor}`],
    )
  ).rows.map(row => row.line)
const pool = async () =>
  (await api.admin.query(`select total::text, version from liquidity_pools where id = 'bank:test:USD'`)).rows[0] as {
    total: string
    version: number
  }

it('a fee of the bank is booked by two, and the cash law has nothing to name any more', async () => {
  const cursor = await line('f1', '-500')
  api.balances.set('acct_usd', '-500')
  const before = await pool()
  expect(await cash()).toMatchObject({
    ok: false,
    detail: {
      ...{ ledger: '0', bank: '-500', statement: '-500', difference: '-500' },
      unexplained: [{ cursor, externalId: 'fee-1', verdict: 'unexplained', minor: '-500' }],
    },
  })
  expect(await doubts()).toMatchObject([
    { line: { rail: 'bank:test', account: 'acct_usd', cursor }, transferId: null, can: ['explainLine'] },
  ])
  const { json } = await ask(cursor, 'written_off:USD')
  expect(json).toMatchObject({ fourEyes: true, state: 'requested', payload: { into: 'written_off:USD', minor: '-500' } })
  expect(await booked(cursor)).toEqual([])
  expect((await approve(json)).json).toMatchObject({ state: 'obeyed', effect: 'none' })
  expect(await booked(cursor)).toEqual(['written_off:USD 500', 'bank_cash:bank:test:USD -500'])
  expect(await cash()).toMatchObject({ ok: true, detail: { ledger: '-500', unexplained: [] } })
  expect(await doubts()).toEqual([])
  // Less can be promised, and who has decided on more decides again.
  const after = await pool()
  expect([BigInt(after.total) - BigInt(before.total), after.version - before.version]).toEqual([-500n, 1])
  const { rows } = await api.admin.query('select actor, cause from audit_log where transfer_id = $1', [
    `line:bank:test/acct_usd/${cursor}`,
  ])
  expect(rows).toEqual([{ actor: 'operator:anna+ben', cause: 'command:explainLine: its monthly fee' }])
})

it('what another line has undone needs evidence and one person, and nothing is booked', async () => {
  const cursor = await line('m1', '-500', 'mismatched')
  expect((await ask(cursor)).json).toMatchObject({ fourEyes: false, state: 'obeyed' })
  expect(await booked(cursor)).toEqual([])
  expect(await doubts()).toEqual([])
  const { status, json } = await ask(cursor, 'written_off:USD')
  expect([status, json.code]).toEqual([409, 'line_explained'])
})

it('two who were asked for at once explain it once', async () => {
  const cursor = await line('t1', '700')
  const [first, second] = [(await ask(cursor, 'fee_income:USD')).json, (await ask(cursor, 'equity:USD')).json]
  expect((await approve(first)).json.state).toBe('obeyed')
  expect((await approve(second)).json.code).toBe('line_explained')
  expect(await booked(cursor)).toEqual(['fee_income:USD -700', 'bank_cash:bank:test:USD 700'])
})

it('is refused for what is no doubtful line, and for what belongs to somebody else', async () => {
  expect((await ask('nowhere')).json.code).toBe('line_not_found')
  expect((await ask(await line('s1', '10025', 'settled'))).json.code).toBe('line_explained')
  const cursor = await line('x1', '-500')
  expect((await ask(cursor, 'written_off:USD', 'rail:bank:other')).json.code).toBe('scope_unknown')
  for (const into of ['customer_clearing:USD', 'written_off:EUR', 'bank_cash:bank:test:USD', 'receivable:USD', 'nowhere:USD'])
    expect((await ask(cursor, into)).json.code, into).toBe('account_not_allowed')
})
