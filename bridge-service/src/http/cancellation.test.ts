import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, order, startApi } from '../../../test/support/api.ts'
import { claimFacts } from '../saga/facts.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const opened = async (): Promise<string> => (await api.post('/v1/transfers', order())).json.id

it('hands the wish to the saga’s inbox, in a form that the saga reads', async () => {
  const id = await opened()
  const woken = api.woken.count
  const { status, json, headers } = await api.post(
    `/v1/transfers/${id}/cancel`,
    { reason: 'changed my mind' },
    { idempotencyKey: 'k 1' },
  )
  expect([status, json.id, headers.location]).toEqual([202, id, `/v1/transfers/${id}`])
  expect(api.woken.count).toBe(woken + 1)
  const client = await api.admin.connect()
  try {
    await client.query('begin')
    const { matched } = await claimFacts(client, 10)
    expect(matched).toEqual([
      {
        source: 'command',
        fact: `${id}:cancel:k 1`,
        revision: 1,
        transferId: id,
        actor: `api:${api.keys.acme.id}`,
        input: { type: 'cancelCommand', reason: 'changed my mind' },
      },
    ])
  } finally {
    await client.query('rollback')
    client.release()
  }
})

it('asks once for twenty identical requests, and once more for another key', async () => {
  const id = await opened()
  const idempotencyKey = randomUUID()
  const before = await api.counts()
  const cancel = (reason = 'x', key = idempotencyKey) =>
    api.post(`/v1/transfers/${id}/cancel`, { reason }, { idempotencyKey: key })
  const answers = await Promise.all(Array.from({ length: 20 }, () => cancel()))
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(19)
  expect((await api.counts()).inbox! - before.inbox!).toBe(1)
  const conflict = await cancel('y')
  expect([conflict.status, conflict.json.code]).toEqual([409, 'idempotency_conflict'])
  expect((await cancel('x', randomUUID())).status).toBe(202)
  expect((await api.counts()).inbox! - before.inbox!).toBe(2)
})

it('refuses what is over, writes nothing, and still repeats what it said before', async () => {
  const id = await opened()
  const idempotencyKey = randomUUID()
  const first = await api.post(`/v1/transfers/${id}/cancel`, { reason: 'x' }, { idempotencyKey })
  await api.move(id, { type: 'cancelCommand', reason: 'x' })
  const before = await api.counts()
  const woken = api.woken.count
  const late = await api.post(`/v1/transfers/${id}/cancel`, { reason: 'again' })
  expect(late.status).toBe(202) // asked before: there is nothing to refuse
  await api.admin.query(`update transfers set progress = progress - 'cancelReason', state = 'released' where id = $1`, [id])
  const between = await api.counts()
  const refused = await api.post(`/v1/transfers/${id}/cancel`, { reason: 'too late' })
  expect([refused.status, refused.json.code]).toEqual([409, 'transfer_not_cancelable'])
  const replay = await api.post(`/v1/transfers/${id}/cancel`, { reason: 'x' }, { idempotencyKey })
  expect([replay.status, replay.text]).toEqual([202, first.text])
  expect(await api.counts()).toEqual(between)
  expect(between.inbox! - before.inbox!).toBe(1)
  expect(api.woken.count).toBe(woken + 1)
})

it.each([
  ['no reason', {}, 'request_invalid'],
  ['an empty reason', { reason: '' }, 'request_invalid'],
  ['more than a reason', { reason: 'x', force: true }, 'field_unknown'],
])('refuses a body with %s', async (_what, body, code) => {
  const id = await opened()
  const before = await api.counts()
  expect((await api.post(`/v1/transfers/${id}/cancel`, body)).json.code).toBe(code)
  expect(await api.counts()).toEqual(before)
})
