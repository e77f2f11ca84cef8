import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, order, startApi } from '../../../test/support/api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
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
