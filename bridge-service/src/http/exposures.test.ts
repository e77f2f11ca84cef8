import { Registry } from '@prometheus-io/client'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Api, configuration, onrampInputs, order, startApi } from '../../../test/support/api.ts'
import { transferOpener } from '../saga/open.ts'
import { postgresStore } from '../saga/postgres-store.ts'
import type { Input } from '../transfer/input.ts'
import { buildServer } from './server.ts'

const day = 86_400_000
// Four orders of 100.25 fit, and are advanced; what is above 500.00 is not.
const policy = {
  exposure: { perPayer: {}, perTenant: { USD: '40100' } },
  clearing: {
    ach: { finalAfterMs: 3 * day, advanceUptoMinor: '50000' },
    ...Object.fromEntries(
      ['sepa', 'sepa_inst', 'wire', 'book'].map(scheme => [scheme, { finalAfterMs: 0, advanceUptoMinor: '0' }]),
    ),
  },
}
const room = 4

let api: Api
beforeAll(async () => {
  api = await startApi({ config: configuration('postgres://nowhere', { CAUSEWAY_POLICY: JSON.stringify(policy) }) })
})
afterEach(() => api.admin.query('delete from advances; delete from receivables'))
afterAll(() => api.close())

const open = async (body: object = order(), idempotencyKey?: string) =>
  api.post('/v1/transfers', body, idempotencyKey === undefined ? {} : { idempotencyKey })
const opened = async (): Promise<string> => (await open()).json.id
const fill = async () => {
  const ids: string[] = []
  for (let n = 0; n < room; n++) ids.push(await opened())
  return ids
}
const isRefused = { status: 409, json: { code: 'exposure_limit_exceeded', detail: expect.any(String) } }
const shown = async () => (await api.get('/v1/exposures')).json.data
const usd = (value: string) => ({ value, asset: 'USD' })
const said = (type: 'settled' | 'returned', at = new Date()): Input => ({
  type: 'railFact',
  step: 'debitFiat',
  fact: { type, bankTransferId: 'b_1', externalId: 'x', at: at.toISOString() },
})
const screened: Input = { type: 'screened', list: 'none', availableMinor: 10n ** 15n }

describe('what is advanced', () => {
  it('counts from the opening, and what would take the tenant over its limit is refused before anything moves', async () => {
    await fill()
    expect(await shown()).toEqual([{ receivables: usd('0.00'), advances: usd('401.00'), limit: usd('401.00') }])
    const before = await api.counts()
    expect(await open()).toMatchObject(isRefused)
    expect(await api.counts()).toEqual(before)
    expect((await api.post('/v1/transfers', order(), { key: api.keys.globex.key })).status).toBe(202)
  })

  it('is no more than there is room for, whoever asks at the same moment, of whichever process', async () => {
    const pool = new pg.Pool({ connectionString: api.database.url, max: 10, options: '-c role=causeway_app' })
    const opener = transferOpener({
      store: postgresStore(pool),
      clock: { nowMs: Date.now, synchronise: async () => {} },
      execute: () => {},
      onMoved: () => {},
    })
    const other = await buildServer({ ...api.deps, pool, opener, registry: new Registry() })
    try {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const { statusCode, body } = await [api.app, other][n % 2]!.inject({
            method: 'POST',
            url: '/v1/transfers',
            headers: { authorization: `Bearer ${api.keys.acme.key}`, 'idempotency-key': `crowd-${n}` },
            payload: order(),
          })
          return statusCode === 202 ? 'opened' : JSON.parse(body).code
        }),
      )
      expect(answers.filter(answer => answer === 'opened')).toHaveLength(room)
      expect(new Set(answers)).toEqual(new Set(['opened', 'exposure_limit_exceeded']))
      const { rows } = await api.admin.query(`select sum(amount)::text as sum from advances where tenant = 'acme'`)
      expect(rows).toEqual([{ sum: '40100' }])
    } finally {
      await other.close()
      await pool.end()
    }
  })

  it('was answered under its key, also when there is no room by now', async () => {
    const first = await open(order(), 'once')
    for (let n = 1; n < room; n++) await opened()
    expect(await open()).toMatchObject(isRefused)
    expect((await open(order(), 'once')).json).toEqual(first.json)
  })

  it('leaves what is not released before it is final alone', async () => {
    await fill()
    const large = { ...order(), amount: usd('500.01') }
    expect((await open(large)).status).toBe(202)
    expect(await shown()).toMatchObject([{ advances: usd('401.00') }])
  })

  it('is over when the debit is refused, or its time to come back', async () => {
    const [refused, settled] = await fill()
    await api.move(refused!, screened)
    await api.move(refused!, { type: 'intentRefused', step: 'debitFiat', attempt: 0, code: 'account_unknown', detail: 'no' })
    await opened()
    expect(await open()).toMatchObject(isRefused)
    await api.move(settled!, screened)
    await api.move(settled!, said('settled', new Date(Date.now() - 3 * day + 3_600_000)))
    expect(await open()).toMatchObject(isRefused)
    await api.admin.query(`update advances set returnable_until = returnable_until - interval '1 hour' where transfer_id = $1`, [
      settled,
    ])
    expect(await shown()).toMatchObject([{ advances: usd('300.75') }])
    await opened()
    expect((await api.admin.query('select from advances where transfer_id = $1', [settled])).rowCount).toBe(0)
  })

  it('becomes a receivable when the debit comes back after the release: it counts once', async () => {
    const [delivered] = await fill()
    for (const input of onrampInputs('e1')) await api.move(delivered!, input)
    await api.move(delivered!, said('returned'))
    expect(await shown()).toEqual([{ receivables: usd('100.25'), advances: usd('300.75'), limit: usd('401.00') }])
    expect(await open()).toMatchObject(isRefused)
  })

  it('shares its limit with what is owed after late returns', async () => {
    const id = await opened()
    await api.admin.query(
      `insert into receivables (transfer_id, currency, tenant, payer, owed) values ($1, 'USD', 'acme', 'somebody', 20051)`,
      [id],
    )
    expect(await open()).toMatchObject(isRefused)
    await api.admin.query('update receivables set recovered = 1')
    expect((await open()).status).toBe(202)
  })
})
