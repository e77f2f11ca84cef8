import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, order, startApi, webhookSecret } from '../../../test/support/api.ts'
import { referenceOf } from '../intents/key.ts'
import { claimFacts } from '../saga/facts.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const bodyFor = (externalId: string, type = 'transfer.settled') =>
  JSON.stringify({
    type,
    timestamp: new Date().toISOString(),
    data: { id: 'b_1', externalId, status: 'settled', rail: 'ach', direction: 'debit', amount: '10025', currency: 'USD' },
  })

const signed = (body: string, { id = randomUUID() as string, secret = webhookSecret, atMs = Date.now() } = {}) => {
  const timestamp = Math.floor(atMs / 1000).toString()
  const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
    'content-type': 'application/json',
  }
}

const deliver = (body: string, headers: Record<string, string>, bank = 'bank:test') =>
  api.post(`/v1/bank_webhooks/${bank}`, body, { key: null, idempotencyKey: null, headers })

it('keeps a fact once, however often it is delivered, and wakes the saga with news only', async () => {
  const { id } = (await api.post('/v1/transfers', order())).json
  await api.move(id, { type: 'screened', list: 'none', availableMinor: 10n ** 12n })
  const { rows } = await api.admin.query(`select key from intents where transfer_id = $1 and step = 'debitFiat'`, [id])
  const body = bodyFor(referenceOf(rows[0].key))
  const headers = signed(body)
  const before = await api.counts()
  const woken = api.woken.count
  const answers = await Promise.all(Array.from({ length: 10 }, () => deliver(body, headers)))
  expect(answers.map(({ status, text }) => `${status}${text}`)).toEqual(Array(10).fill('204'))
  expect((await api.counts()).inbox! - before.inbox!).toBe(1)
  expect(api.woken.count).toBe(woken + 1)
  const client = await api.admin.connect()
  try {
    await client.query('begin')
    const { matched } = await claimFacts(client, 10)
    expect(matched).toMatchObject([
      {
        source: 'bank:test',
        fact: headers['webhook-id'],
        transferId: id,
        input: { type: 'railFact', step: 'debitFiat', fact: { type: 'settled', bankTransferId: 'b_1' } },
      },
    ])
  } finally {
    await client.query('rollback')
    client.release()
  }
})

it('refuses what the bank did not sign, and writes nothing', async () => {
  const body = bodyFor('x')
  const before = await api.counts()
  const good = signed(body)
  const forgeries: [string, Record<string, string>][] = [
    [body, signed(body, { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` })],
    [body.replace('10025', '99999'), good],
    // The bytes are what is signed: the same JSON written otherwise is another message.
    [`${body} `, good],
    [body, { ...good, 'webhook-id': 'another' }],
    [body, { ...good, 'webhook-signature': '' }],
    [body, signed(body, { atMs: Date.now() - 301_000 })],
    [body, { 'content-type': 'application/json' }],
    ['', { 'content-type': 'application/json' }],
    ['not json', { 'content-type': 'text/plain' }],
  ]
  for (const [text, headers] of forgeries) {
    const { status, json } = await deliver(text, headers)
    expect([status, json.code]).toEqual([401, 'signature_invalid'])
  }
  expect(await api.counts()).toEqual(before)
})

it('refuses what it cannot read, banks it does not know, and bodies that are too large', async () => {
  const odd = bodyFor('x', 'transfer.evaporated')
  expect((await deliver(odd, signed(odd))).json.code).toBe('request_invalid')
  const body = bodyFor('x')
  const stranger = await deliver(body, signed(body), 'bank:other')
  expect([stranger.status, stranger.json.code]).toEqual([404, 'bank_not_found'])
  const big = `${body}${' '.repeat(70_000)}`
  expect((await deliver(big, signed(big))).json.code).toBe('body_too_large')
  const nul = bodyFor('x\u0000')
  expect((await deliver(nul, signed(nul))).json.code).toBe('request_invalid')
})
