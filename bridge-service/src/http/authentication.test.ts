import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, order, startApi } from '../../../test/support/api.ts'
import { apiKeys, scopes } from './api-key.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const guardedRoutes = [
  ['POST', '/v1/quotes', 'transfers:write'],
  ['GET', '/v1/quotes/qt_00000000000000000000000000', 'transfers:read'],
  ['POST', '/v1/transfers', 'transfers:write'],
  ['GET', '/v1/transfers', 'transfers:read'],
  ['GET', '/v1/transfers/tr_00000000000000000000000000', 'transfers:read'],
  ['GET', '/v1/transfers/tr_00000000000000000000000000/timeline', 'transfers:read'],
  ['GET', '/v1/transfers/tr_00000000000000000000000000/stream', 'transfers:read'],
  ['POST', '/v1/transfers/tr_00000000000000000000000000/cancel', 'transfers:write'],
  ['GET', `/v1/escrows/0x${'0'.repeat(64)}`, 'transfers:read'],
  ['GET', '/v1/escrows', 'transfers:read'],
  ['GET', '/v1/chains', 'chains:read'],
  ['GET', '/v1/chains/evm:31337/reorgs', 'chains:read'],
  ['GET', '/v1/ledger/accounts', 'ledger:read'],
  ['GET', '/v1/ledger/entries', 'ledger:read'],
  ['GET', '/v1/ledger/proof', 'ledger:read'],
] as const

it.each(guardedRoutes)('%s %s asks for a key with %s', async (method, url, scope) => {
  const send = (key: string | null) => (method === 'GET' ? api.get(url, { key }) : api.post(url, order(), { key }))
  for (const key of [null, 'ck_wrong', `ck_${'A'.repeat(43)}`, '']) {
    const { status, json, headers } = await send(key)
    expect([status, json.code, headers['www-authenticate']]).toEqual([401, 'unauthenticated', 'Bearer'])
  }
  const others = scopes.filter(other => other !== scope)
  const { status, json } = await send((await api.keyOf('acme', others)).key)
  expect([status, json.code]).toEqual([403, 'forbidden'])
  const granted = await send((await api.keyOf('acme', [scope])).key)
  expect(granted.status).not.toBe(401)
  expect(granted.status).not.toBe(403)
})

it('keeps no key, only its hash', async () => {
  const { key } = await api.keyOf('acme')
  const { rows } = await api.admin.query('select * from api_keys')
  expect(JSON.stringify(rows)).not.toContain(key.slice(3))
})

it('trusts a key it has seen for two seconds at most', async () => {
  let nowMs = 0
  const keys = apiKeys(api.pool, () => nowMs)
  const { id, key } = await api.keyOf('acme')
  expect((await keys.find(key))?.id).toBe(id)
  await api.admin.query('update api_keys set revoked_at = now() where id = $1', [id])
  nowMs = 1_999
  expect((await keys.find(key))?.id).toBe(id)
  nowMs = 2_000
  expect(await keys.find(key)).toBeUndefined()
})

it('does not remember strangers or failures', async () => {
  const keys = apiKeys(api.pool, () => 0)
  const late = `ck_${'B'.repeat(43)}`
  expect(await keys.find(late)).toBeUndefined()
  const { id, key } = await api.keyOf('acme')
  const broken = apiKeys({ query: () => Promise.reject(new Error('away')) } as never, () => 0)
  await expect(broken.find(key)).rejects.toThrow()
  await expect(broken.find(key)).rejects.toThrow()
  expect((await keys.find(key))?.id).toBe(id)
})
