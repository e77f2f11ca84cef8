import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Api, configuration, customer, order, startApi, webhookSecret } from '../../../test/support/api.ts'
import { payout, screened } from '../../../test/support/inputs.ts'
import { cashLaws } from '../ledger/cash-law.ts'
import { readPools } from '../liquidity/read-pools.ts'

const bank = (id: string, accountNumber: string) => ({
  ...{ id, url: 'http://127.0.0.1:1', apiKey: 'k', webhookSecrets: [webhookSecret], accounts: { USD: `usd_at_${id}` } },
  schemes: ['ach', 'wire'],
  payableAs: { USD: { scheme: 'wire', name: 'Causeway', accountNumber, routingNumber: '021000021' } },
})
const config = configuration('postgres://nowhere', {
  CAUSEWAY_BANKS: JSON.stringify([bank('bank:test', '100000001'), bank('bank:other', '100000002')]),
  CAUSEWAY_POLICY: JSON.stringify({
    liquidityProviders: [
      {
        currency: 'USD',
        account: { scheme: 'wire', name: 'Deep Pockets', accountNumber: '9876543210', routingNumber: '021000021' },
        addresses: { 'evm:31337': customer },
      },
    ],
  }),
})

let api: Api
let anna: { id: string; key: string }
let ben: { id: string; key: string }
beforeAll(async () => {
  api = await startApi({ config })
  anna = await api.keyOf('acme', ['operator'], 'anna')
  ben = await api.keyOf('globex', ['operator'], 'ben')
  await api.admin.query(`insert into ledger_accounts (id, kind, currency) values ('bank_cash:bank:other:USD', 'asset', 'USD')`)
  await api.admin.query(`insert into liquidity_pools (id, currency, total) values ('bank:other:USD', 'USD', 0)`)
})
afterAll(() => api.close())
afterEach(() => api.admin.query('truncate pauses'))

const body = (value = '100.00', from = 'bank:test:USD', to = 'bank:other:USD', asset = 'USD') => ({
  ...{ from, to, amount: { value, asset }, reason: 'the other one runs dry' },
})
const ask = (wanted: unknown = body(), key = anna.key, idempotencyKey?: string) =>
  api.post('/v1/rebalances', wanted, { key, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })
const look = async (id: string) => (await api.get(`/v1/rebalances/${id}`, { key: anna.key })).json
const approve = ({ id, payloadHash }: { id: string; payloadHash: string }, key = ben.key) =>
  api.post(`/v1/operator/actions/${id}/approval`, { decision: 'approve', payloadHash }, { key })
const poolsOf = async () =>
  Object.fromEntries((await readPools(api.admin)).map(({ id, total, reserved }) => [id, [total.minor, reserved.minor]]))

describe('a rebalance between two banks', () => {
  it('is a transfer of the house’s own: from the pool that pays to the pool that gets', async () => {
    const before = await poolsOf()
    const { status, json, headers } = await ask()
    expect(status, JSON.stringify(json)).toBe(202)
    expect(json).toMatchObject({
      ...{ from: 'bank:test:USD', to: 'bank:other:USD', amount: { value: '100.00', asset: 'USD' } },
      request: { type: 'rebalance', state: 'obeyed', fourEyes: false, reason: 'the other one runs dry' },
      transfer: { id: json.id, route: 'rebalance', state: 'requested', fee: { value: '0.00' } },
    })
    expect(headers.location).toBe(`/v1/rebalances/${json.id}`)

    const moved = async () => {
      const now = await poolsOf()
      return ['bank:test:USD', 'bank:other:USD'].map(id => [now[id]![0]! - before[id]![0]!, now[id]![1]! - before[id]![1]!])
    }
    await api.move(json.id, screened(10n ** 12n))
    expect(await moved(), 'promised').toEqual([
      [0n, 10_000n],
      [0n, 0n],
    ])
    await api.move(json.id, payout('settled'))
    expect(await moved(), 'in transit').toEqual([
      [-10_000n, 0n],
      [0n, 0n],
    ])
    await api.move(json.id, payout('arrived'))
    expect(await moved(), 'arrived').toEqual([
      [-10_000n, 0n],
      [10_000n, 0n],
    ])
    expect((await look(json.id)).transfer.state).toBe('completed')
    const { rows } = await api.admin.query(
      `select request->'order' as o, target from intents where transfer_id = $1 and step = 'payoutFiat'`,
      [json.id],
    )
    expect(rows).toMatchObject([
      {
        target: 'bank:test',
        o: {
          ...{ direction: 'credit', scheme: 'wire', amountMinor: '10000', account: 'usd_at_bank:test' },
          counterparty: { name: 'Causeway', accountNumber: '100000002' },
          arrivesAt: { rail: 'bank:other', account: 'usd_at_bank:other' },
        },
      },
    ])
    const audit = await api.admin.query('select actor, cause from audit_log where transfer_id = $1 and version = 1', [json.id])
    expect(audit.rows).toEqual([{ actor: 'operator:anna', cause: 'command:rebalance' }])
  })

  it('may be known to either bank before it is to us, and to both of them alike once it is over', async () => {
    const ledgerOf = async (rail: string): Promise<bigint> => {
      const { rows } = await api.admin.query<{ minor: string }>(
        `select coalesce(sum(posted), 0) as minor from ledger_balances where account_id = $1`,
        [`bank_cash:${rail}:USD`],
      )
      return BigInt(rows[0]!.minor)
    }
    const isKept = async (rail: string, aheadMinor: bigint) => {
      const amountMinor = String((await ledgerOf(rail)) + aheadMinor)
      const [law] = await cashLaws(api.pool, async () => [{ bank: rail, account: 'x', currency: 'USD', amountMinor }])
      return law!.ok
    }
    const kept = async (...ahead: readonly bigint[]) => [
      await Promise.all(ahead.map(each => isKept('bank:test', each))),
      await Promise.all(ahead.map(each => isKept('bank:other', each))),
    ]
    const { id } = (await ask()).json
    const each = [-10_000n, 0n, 10_000n] as const
    await api.move(id, screened(10n ** 12n))
    expect(await kept(...each), 'it may have left, and may have arrived').toEqual([
      [true, true, false],
      [false, true, true],
    ])
    await api.move(id, payout('settled'))
    expect(await kept(...each), 'it may be back, and may have arrived').toEqual([
      [false, true, true],
      [false, true, true],
    ])
    await api.move(id, payout('arrived'))
    expect(await kept(...each)).toEqual([
      [false, true, false],
      [false, true, false],
    ])
  })

  it('is no tenant’s but the house’s own', async () => {
    const { id } = (await ask()).json
    expect((await api.get(`/v1/transfers/${id}`)).json.code).toBe('transfer_not_found')
    expect((await api.get('/v1/transfers?limit=100')).json.data.map((each: { id: string }) => each.id)).not.toContain(id)
    const house = await api.keyOf('house', ['transfers:read'])
    expect((await api.get(`/v1/transfers/${id}`, { key: house.key })).json).toMatchObject({ id, route: 'rebalance' })
  })

  it('cannot be ordered as a transfer or refunded', async () => {
    const { id } = (await ask()).json
    for (const input of [screened(10n ** 12n), payout('settled'), payout('arrived')]) await api.move(id, input)
    const gift = { type: 'refund', transferId: id, reason: 'x', payload: { amount: { value: '1.00', asset: 'USD' } } }
    const asked = (await api.post('/v1/operator/actions', gift, { key: anna.key })).json
    expect((await approve(asked)).json.code).toBe('refund_not_allowed')
    const same = { ...order(), destination: { ...order().source, name: 'Causeway', accountNumber: '100000002', asset: 'USD' } }
    expect((await api.post('/v1/transfers', same)).json.route ?? 'none').not.toBe('rebalance')
  })
})

describe('with a liquidity provider', () => {
  it('from a bank to a chain he brings tokens first, and how is told', async () => {
    const { json } = await ask(body('250.00', 'bank:test:USD', 'evm:31337:USDC'))
    expect(json.transfer).toMatchObject({
      route: 'offramp',
      source: { type: 'chain_address', address: customer },
      destination: { type: 'bank_account', name: 'Deep Pockets' },
    })
    expect(await look(json.id)).toMatchObject({
      deposit: { payer: customer, amount: { value: '250.000000', asset: 'USDC' }, expected: false },
    })
    const { rows } = await api.admin.query('select tenant, terms from transfers where id = $1', [json.id])
    expect(rows[0]).toMatchObject({ tenant: 'house', terms: { purpose: 'rebalance', pool: 'bank:test:USD' } })
  })

  it('from a chain to a bank he is debited first, and what is minted is none of it', async () => {
    const { json } = await ask(body('250.00', 'evm:31337:USDC', 'bank:test:USD'))
    expect(json.transfer).toMatchObject({ route: 'onramp', destination: { address: customer } })
    const { rows } = await api.admin.query('select terms from transfers where id = $1', [json.id])
    expect(rows[0].terms).toMatchObject({ pool: 'evm:31337:USDC', funding: 'liquidity', fee: { minor: '0' } })
    expect((await look(json.id)).deposit).toBeNull()
  })
})

describe('above the operator’s limit', () => {
  it('another person must approve it, and its terms are of that moment', async () => {
    const { json } = await ask(body('10000.01'))
    expect(json).toMatchObject({ request: { state: 'requested', fourEyes: true }, transfer: null })
    expect((await approve(json.request, anna.key)).json.code).toBe('second_operator_required')
    expect((await look(json.id)).transfer).toBeNull()
    expect((await approve(json.request)).json).toMatchObject({ state: 'obeyed', type: 'rebalance' })
    const approved = await look(json.id)
    expect(approved).toMatchObject({ request: { state: 'obeyed', decidedBy: `api:${ben.id}` }, transfer: { state: 'requested' } })
    expect(Date.parse(approved.transfer.createdAt)).toBeGreaterThan(Date.parse(json.request.requestedAt))
    expect((await approve(json.request)).json.code).toBe('action_decided')
  })

  it('tokens count as what they are worth', async () => {
    expect((await ask(body('10000.010000', 'bank:test:USD', 'evm:31337:USDC', 'USDC'))).json.request.fourEyes).toBe(true)
    expect((await ask(body('10000.000000', 'bank:test:USD', 'evm:31337:USDC', 'USDC'))).json.request.fourEyes).toBe(false)
  })

  it('what is paused meanwhile is not begun by an approval', async () => {
    const { json } = await ask(body('10000.01'))
    const pause = { type: 'pause', scope: 'route:rebalance', reason: 'x' }
    expect((await api.post('/v1/operator/actions', pause, { key: anna.key })).json.state).toBe('obeyed')
    expect((await approve(json.request)).json.code).toBe('route_paused')
    expect((await ask()).json.code).toBe('route_paused')
    await api.admin.query('truncate pauses')
    expect((await approve(json.request)).json.state).toBe('obeyed')
  })
})

describe('asked for', () => {
  it('twice under one key it is one', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => ask(body(), anna.key, 'one-key')))
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1)
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(2)
    expect((await ask(body('1.00'), anna.key, 'one-key')).json.code).toBe('idempotency_conflict')
  })

  it('wrongly it is refused, and nothing is kept', async () => {
    const before = await api.counts()
    const codes = [
      [body('0'), 'amount_not_positive'],
      [body('1.001'), 'amount_too_precise'],
      [body('1.00', 'bank:none:USD'), 'pool_unknown'],
      [body('1.00', 'bank:test:USD', 'bank:test:USD'), 'same_account'],
      [{ ...body(), reason: '' }, 'request_invalid'],
    ] as const
    for (const [wrong, code] of codes) expect((await ask(wrong)).json.code).toBe(code)
    const integrator = await api.keyOf('acme', ['transfers:write', 'transfers:read'])
    expect((await ask(body(), integrator.key)).json.code).toBe('forbidden')
    expect(await api.counts()).toEqual(before)
  })

  it('it is listed, newest first, page by page, beside no other action', async () => {
    const all = []
    let cursor = ''
    do {
      const { json } = await api.get(`/v1/rebalances?limit=4${cursor}`, { key: anna.key })
      all.push(...json.data)
      cursor = json.nextCursor === null ? '' : `&cursor=${json.nextCursor}`
    } while (cursor !== '')
    const ids = all.map(({ id }) => id)
    expect(ids).toEqual([...ids].sort().reverse())
    const { rows } = await api.admin.query(`select from operator_actions where type = 'rebalance'`)
    expect(ids).toHaveLength(rows.length)
    expect((await api.get(`/v1/rebalances/${ids[0]}x`, { key: anna.key })).json.code).toBe('rebalance_not_found')
    const other = (
      await api.post('/v1/operator/actions', { type: 'pause', scope: 'rail:bank:test', reason: 'x' }, { key: anna.key })
    ).json
    expect((await api.get(`/v1/rebalances/${other.id.replace('oa_', 'tr_')}`, { key: anna.key })).json.code).toBe(
      'rebalance_not_found',
    )
  })
})
