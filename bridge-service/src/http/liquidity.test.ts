import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, configuration, startApi } from '../../../test/support/api.ts'
import { watchLowWater } from '../liquidity/low-water.ts'

const lowWater = { 'bank:test:USD': { alertMinor: 200_000_000n, clearMinor: 250_000_000n } }

let api: Api
beforeAll(async () => {
  const config = configuration('postgres://nowhere')
  api = await startApi({ config: { ...config, policy: { ...config.policy, lowWater } } })
})
afterAll(() => api.close())

it('shows every pool, its marks and its alert to operators, and to nobody else', async () => {
  await watchLowWater(api.pool, lowWater, () => {})
  const operator = await api.keyOf('house', ['operator'])
  const { status, json } = await api.get('/v1/liquidity', { key: operator.key })
  expect(status).toBe(200)
  const usd = (value: string) => ({ value, asset: 'USD' })
  expect(json.data.map((each: { id: string }) => each.id)).toEqual(['bank:test:USD', 'evm:31337:USDC'])
  expect(json.data[0]).toEqual({
    id: 'bank:test:USD',
    account: null,
    total: usd('1000000.00'),
    reserved: usd('0.00'),
    available: usd('1000000.00'),
    lowWater: { alert: usd('2000000.00'), clear: usd('2500000.00') },
    alert: { lowWater: usd('2000000.00'), since: expect.any(String) },
  })
  expect(json.data[1]).toMatchObject({ lowWater: null, alert: null })
  expect((await api.get('/metrics')).text).toContain('causeway_liquidity_low{pool="bank:test:USD"} 1')

  const auditor = await api.keyOf('house', ['ledger:read'])
  expect((await api.get('/v1/liquidity', { key: auditor.key })).json.code).toBe('forbidden')
})
