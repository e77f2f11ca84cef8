import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Api, configuration, startApi, webhookSecret } from '../../../test/support/api.ts'
import { hashOf } from '../http/operator-request.ts'
import { type LowWater, watchLowWater } from '../liquidity/low-water.ts'
import { typeId } from '../transfer/id.ts'
import { refillPools } from './refill.ts'

const bank = (id: string) => ({
  ...{ id, url: 'http://127.0.0.1:1', apiKey: 'k', webhookSecrets: [webhookSecret], accounts: { USD: `usd_at_${id}` } },
  schemes: ['wire'],
  payableAs: { USD: { scheme: 'wire', name: 'Causeway', accountNumber: '100000001', routingNumber: '021000021' } },
})
const config = configuration('postgres://nowhere', { CAUSEWAY_BANKS: JSON.stringify([bank('bank:test'), bank('bank:other')]) })
const to = 'bank:other:USD'
const from = 'bank:test:USD'
const mark: LowWater = { alertMinor: 100_000n, clearMinor: 150_000n, refillFrom: from, refillTo: 200_000n }
const marks: Readonly<Record<string, LowWater>> = { [to]: mark, [from]: { alertMinor: 500_000n, clearMinor: 600_000n } }

let api: Api
const said: string[] = []
// What operators did is kept for ever.
let beforeThis = '0'
beforeAll(async () => {
  api = await startApi({ config })
  await api.admin.query(`insert into liquidity_pools (id, currency, total) values ($1, 'USD', 0)`, [to])
})
afterAll(() => api.close())
beforeEach(async () => {
  await api.admin.query('delete from liquidity_alerts')
  const { rows } = await api.admin.query<{ position: string }>(
    'select coalesce(max(position), 0) as position from operator_audit',
  )
  beforeThis = rows[0]!.position
  said.splice(0)
})

const levels = async (giving: number, getting: number) => {
  await api.admin.query(
    'update liquidity_pools set total = case id when $1 then $2::numeric else $3::numeric end, reserved = 0',
    [...[from, giving, getting]],
  )
}
const look = async (given = marks) => {
  const log = (level: string, message: string) => void said.push(`${level} ${message}`)
  await watchLowWater(api.pool, given, () => {})
  await refillPools({
    ...{ pool: api.pool, marks: given, hashOf, log },
    house: { config, chains: api.deps.chains, nowMs: Date.now },
    newActionId: () => typeId('oa', randomUUID()),
  })
}
const actions = async () =>
  (
    await api.admin.query(
      `select a.payload, a.four_eyes as "fourEyes", a.obeyed_at is not null as obeyed, a.refusal, t.route, a.requested_person as person
         from operator_actions a left join transfers t on t.id = 'tr_' || substr(a.id, 4)
        where (select min(position) from operator_audit u where u.action_id = a.id) > $1 order by a.requested_at`,
      [beforeThis],
    )
  ).rows

describe('a pool that runs low', () => {
  it('asks once to be filled up to its mark out of the pool that it names', async () => {
    await levels(10_000_000, 50_000)
    await Promise.all([look(), look(), look()])
    await look()
    expect(await actions()).toMatchObject([
      {
        payload: { from, to, currency: 'USD', minor: '150000' },
        ...{ fourEyes: false, obeyed: true, refusal: null, route: 'rebalance', person: 'low-water' },
      },
    ])
  })

  it('asks again with its next alert, and not when it is only still low', async () => {
    await levels(10_000_000, 50_000)
    await look()
    await levels(10_000_000, 200_000)
    await look()
    await levels(10_000_000, 60_000)
    await look()
    expect((await actions()).map(({ payload }) => payload.minor)).toEqual(['150000', '140000'])
  })

  it('waits for a person above the operator’s limit', async () => {
    await levels(10_000_000, -1_000_000)
    await look()
    await look()
    expect(await actions()).toMatchObject([{ payload: { minor: '1200000' }, fourEyes: true, obeyed: false, route: null }])
  })

  it('takes no more than the other one can spare, and asks again when it can', async () => {
    await levels(500_000, 50_000)
    await look()
    expect(await actions()).toEqual([])
    expect(said).toContain('debug a pool cannot be refilled')
    await levels(560_000, 50_000)
    await look()
    expect(await actions()).toMatchObject([{ payload: { minor: '60000' } }])
  })

  it('asks for nothing that its mark does not say', async () => {
    await levels(10_000_000, 50_000)
    await look({ [to]: { alertMinor: 100_000n, clearMinor: 150_000n } })
    await look({ [to]: { ...mark, refillFrom: 'bank:none:USD' } })
    expect(await actions()).toEqual([])
    expect(said).toContain('warn a refill names a pool that is not there')
  })

  it('is refused once, with the reason, what cannot be carried out', async () => {
    await levels(10_000_000, 50_000)
    await api.admin.query(`insert into liquidity_pools (id, currency, total) values ('bank:gone:USD', 'USD', 10000000)`)
    await look({ [to]: { ...mark, refillFrom: 'bank:gone:USD' } })
    await look({ [to]: { ...mark, refillFrom: 'bank:gone:USD' } })
    expect(await actions()).toMatchObject([{ obeyed: false, refusal: expect.stringMatching(/^pool_unknown/), route: null }])
    await api.admin.query(`delete from liquidity_pools where id = 'bank:gone:USD'`)
  })
})
