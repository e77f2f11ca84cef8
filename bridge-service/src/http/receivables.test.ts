import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, order, startApi } from '../../../test/support/api.ts'
import { until } from '../../../test/support/until.ts'

let api: Api
let anna: { key: string }
let ben: { key: string }
beforeAll(async () => {
  api = await startApi()
  anna = await api.keyOf('house', ['operator'], 'anna')
  ben = await api.keyOf('house', ['operator'], 'ben')
})
afterAll(() => api.close())

/** A case as the saga's step writes it. */
const owe = async (tenant: string, owed: string, row: Partial<Record<'payer' | 'recovered' | 'writtenOff', string>> = {}) => {
  const { json } = await api.post('/v1/transfers', order())
  await api.admin.query(
    `insert into receivables (transfer_id, currency, tenant, payer, owed, recovered, written_off) values ($1, 'USD', $2, $3, $4, $5, $6)`,
    [json.id, tenant, row.payer ?? 'somebody', owed, row.recovered ?? '0', row.writtenOff ?? '0'],
  )
  return json.id as string
}
const list = async (query = '') => (await api.get(`/v1/receivables${query}`)).json

describe('receivables', () => {
  it('are listed by tenant, newest first, with what came of them', async () => {
    const ids = [
      await owe('acme', '10025'),
      await owe('acme', '10025', { recovered: '25' }),
      await owe('acme', '10025', { recovered: '10025' }),
      await owe('acme', '10025', { recovered: '25', writtenOff: '10000' }),
      await owe('acme', '0'),
      await owe('acme', '0', { recovered: '1' }),
    ]
    const foreign = await owe('globex', '700')
    const { data } = await list()
    expect(data.map(({ transferId, state }: Record<string, string>) => [transferId, state])).toEqual(
      ['open', 'partlyRecovered', 'recovered', 'writtenOff', 'reversed', 'overpaid']
        .map((state, index) => [ids[index], state])
        .reverse(),
    )
    expect(data.at(-2)).toMatchObject({
      owed: { value: '100.25', asset: 'USD' },
      recovered: { value: '0.25' },
      writtenOff: { value: '0.00' },
    })
    expect(JSON.stringify(data)).not.toContain(foreign)
  })

  it('are paged and filtered', async () => {
    const first = await list('?limit=4')
    expect(first.data).toHaveLength(4)
    expect((await list(`?limit=4&cursor=${first.nextCursor}`)).data).toHaveLength(2)
    expect((await list('?state=open')).data).toHaveLength(1)
    expect((await api.get('/v1/receivables?cursor=nonsense')).json.code).toBe('cursor_invalid')
  })
})

describe('what comes of a receivable', () => {
  type Settlement = { readonly kind: string; readonly amount: object; readonly reason: string }
  const settle = (transferId: string, { reason, ...payload }: Settlement, idempotencyKey?: string) =>
    api.post(
      '/v1/operator/actions',
      { type: 'settleReceivable', transferId, reason, payload },
      { key: anna.key, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
    )
  const approve = ({ id, payloadHash }: { id: string; payloadHash: string }, who = ben) =>
    api.post(`/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash }, { key: who.key })
  const caseOf = async (id: string) => (await list()).data.find(({ transferId }: { transferId: string }) => transferId === id)
  const usd = (value: string) => ({ value, asset: 'USD' })
  const booked = async (id: string) =>
    (
      await api.admin.query<{ line: string }>(
        `select p.account_id || ' ' || p.amount as line from ledger_entries e join ledger_postings p on p.entry = e.position
          where e.transfer_id = $1 order by e.version, p.line`,
        [`receivable:${id}`],
      )
    ).rows.map(row => row.line)

  it('is booked in parts, recovered and written off, and with the reason', async () => {
    const id = await owe('acme', '10025')
    const first = await settle(id, { kind: 'recovered', amount: usd('0.25'), reason: 'wired' })
    expect(first).toMatchObject({ status: 202, json: { fourEyes: false, state: 'obeyed', effect: 'none' } })
    expect(await caseOf(id)).toMatchObject({ state: 'partlyRecovered', recovered: { value: '0.25' } })
    await settle(id, { kind: 'writtenOff', amount: usd('100.00'), reason: 'bankrupt' })
    expect(await caseOf(id)).toMatchObject({ state: 'writtenOff' })
    expect(await booked(id)).toEqual([
      ...['receivable:USD -25', 'bank_cash:bank:test:USD 25'],
      ...['receivable:USD -10000', 'bad_debt:USD 10000'],
    ])
    const { rows } = await api.admin.query(`select cause from audit_log where transfer_id = $1 order by version`, [
      `receivable:${id}`,
    ])
    expect(rows).toEqual([{ cause: 'command:recovered: wired' }, { cause: 'command:writtenOff: bankrupt' }])
  })

  it('takes two above the limit: nothing is booked before, and no more than is owed by then', async () => {
    const id = await owe('acme', '1000001')
    const all = { kind: 'writtenOff', amount: usd('10000.01'), reason: 'bankrupt' }
    const [{ json: action }, { json: other }] = [await settle(id, all), await settle(id, all)]
    expect(action).toMatchObject({ fourEyes: true, state: 'requested', payload: { kind: 'writtenOff', minor: '1000001' } })
    expect(await booked(id)).toEqual([])
    expect((await approve(action, anna)).json.code).toBe('second_operator_required')
    expect((await approve(action)).json.state).toBe('obeyed')
    expect(await booked(id)).toEqual(['receivable:USD -1000001', 'bad_debt:USD 1000001'])
    expect((await approve(other)).json.code).toBe('receivable_exceeded')
  })

  it('and a step that changes what is owed wait for each other, and not in a circle', async () => {
    const id = await owe('acme', '10025')
    const step = await api.admin.connect()
    try {
      await step.query(`begin; select from liquidity_pools where id = 'bank:test:USD' for update`)
      const settled = settle(id, { kind: 'recovered', amount: usd('0.25'), reason: 'wired' })
      await until('the settlement to wait', async () => {
        const { rows } = await api.admin.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rows.length > 0
      })
      await step.query(`update receivables set owed = owed - 25 where transfer_id = '${id}'; commit`)
      expect(await settled).toMatchObject({ status: 202, json: { state: 'obeyed' } })
    } finally {
      step.release()
    }
    expect(await caseOf(id)).toMatchObject({ owed: { value: '100.00' }, recovered: { value: '0.25' } })
  })

  it('that was owed on a chain comes into the treasury there', async () => {
    const { json } = await api.post('/v1/transfers', {
      source: { type: 'chain_address', chain: 'evm:31337', address: `0x${'44'.repeat(20)}` },
      destination: { ...order().source, asset: 'USD' },
      amount: { value: '100.25', asset: 'USDC' },
    })
    await api.admin.query(
      `insert into receivables (transfer_id, currency, tenant, payer, owed) values ($1, 'USDC', 'acme', 'somebody', '500000')`,
      [json.id],
    )
    const settled = await settle(json.id, { kind: 'recovered', amount: { value: '0.50', asset: 'USDC' }, reason: 'sent' })
    // Of a currency without a limit no amount is small.
    expect(settled.json).toMatchObject({ fourEyes: true, state: 'requested' })
    expect((await approve(settled.json)).json.state).toBe('obeyed')
    expect(await booked(json.id)).toEqual(['receivable:USDC -500000', 'treasury:evm:31337:USDC 500000'])
  })

  it('is never more than is owed, and one key books it once', async () => {
    const id = await owe('acme', '100')
    const twice = { kind: 'recovered', amount: usd('0.60'), reason: 'wired' }
    const answers = [await settle(id, twice, 'once'), await settle(id, twice, 'once')]
    expect(answers.map(({ status }) => status)).toEqual([202, 202])
    expect(await booked(id)).toHaveLength(2)
    expect((await settle(id, twice)).json.code).toBe('receivable_exceeded')
    const crowd = await Promise.all(Array.from({ length: 8 }, () => settle(id, { ...twice, amount: usd('0.20') })))
    expect(crowd.filter(({ status }) => status === 202)).toHaveLength(2)
    expect((await list('?state=recovered')).data.map(({ transferId }: { transferId: string }) => transferId)).toContain(id)
  })

  it('is nothing where nothing is owed', async () => {
    const { json } = await api.post('/v1/transfers', order())
    expect((await settle(json.id, { kind: 'recovered', amount: usd('1.00'), reason: 'x' })).json.code).toBe(
      'receivable_not_found',
    )
  })
})

describe('exposure', () => {
  const clearingOf = async (id: string) =>
    (await api.admin.query<{ ms: number }>(`select (terms->>'clearingMs')::int as ms from transfers where id = $1`, [id]))
      .rows[0]!.ms
  const open = async () => (await api.post('/v1/transfers', order())).json

  it('of one payer ends what he is advanced: his releases wait until the debit is final', async () => {
    const before = await open()
    expect(await clearingOf(before.id)).toBe(0)
    await owe('acme', '1', { payer: order().source.accountNumber })
    expect(await clearingOf((await open()).id)).toBe(3 * 86_400_000)
    await api.admin.query(`update receivables set owed = 0 where payer <> 'somebody'`)
    expect(await clearingOf((await open()).id)).toBe(0)
  })

  it('of a tenant above its limit refuses new debits before anything moves, and of another tenant none', async () => {
    await owe('globex', '2000000')
    const refused = await api.post('/v1/transfers', order(), { key: api.keys.globex.key })
    expect(refused).toMatchObject({ status: 409, json: { code: 'exposure_limit_exceeded' } })
    expect((await api.admin.query(`select from transfers where tenant = 'globex'`)).rowCount).toBe(0)
    expect((await api.post('/v1/transfers', order())).status).toBe(202)
  })
})
