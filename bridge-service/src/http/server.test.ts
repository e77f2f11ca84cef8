import { connect } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, order, startApi } from '../../../test/support/api.ts'
import { BridgeError } from '../errors.ts'

let api: Api
let port: number
beforeAll(async () => {
  api = await startApi()
  port = Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => api.close())

/** Bytes on a socket, for what no HTTP client would send. */
const raw = (bytes: string) =>
  new Promise<{ status: number; type: string | undefined; json: Record<string, unknown> }>((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n')
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])
      resolve({ status, type: /content-type: (\S+)/i.exec(head)?.[1], json: JSON.parse(body) })
    })
  })

describe('every error is a problem', () => {
  it('has the shape of RFC 9457 with a stable code', async () => {
    const { status, json, headers } = await api.get('/v1/nothing')
    expect(status).toBe(404)
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(json).toEqual({
      type: 'urn:causeway:problem:route_not_found',
      title: 'There is no such route.',
      status: 404,
      code: 'route_not_found',
      detail: 'There is no such route.',
      instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      retry: 'never',
    })
  })

  it.each([
    ['GET', '/'],
    ['GET', '/v2/transfers'],
    ['POST', '/v1/ledger/proof'],
    ['GET', '/v1/transfers/'],
    ['GET', `/v1/transfers/${'x'.repeat(500)}`],
  ] as const)('%s %s leads nowhere', async (method, url) => {
    const { status, json } = method === 'GET' ? await api.get(url) : await api.post(url, {})
    expect(status).toBe(404)
    expect(json.code).toMatch(/^(route|transfer)_not_found$/)
  })

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 'request_malformed', 400],
    [
      'a broken escape in the path',
      'GET /v1/transfers/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'request_malformed',
      400,
    ],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 'headers_too_large', 431],
    [
      'two lengths',
      'POST /v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      'request_malformed',
      400,
    ],
  ])('%s is answered with a problem', async (_what, bytes, code, status) => {
    const answer = await raw(bytes)
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect(answer.type).toMatch(/^application\/problem\+json/)
  })

  it('a database that does not answer is 503 with Retry-After, and takes the API down with no secret told', async () => {
    const dead = new pg.Pool({ connectionString: 'postgresql://postgres:hidden@127.0.0.1:1/x', connectionTimeoutMillis: 1_000 })
    const away = await startApi({ pool: dead })
    try {
      for (const answer of [
        await away.get('/v1/transfers'),
        await away.post('/v1/transfers', order()),
        await away.get('/v1/ledger/proof'),
      ]) {
        expect([answer.status, answer.json.code, answer.json.retry]).toEqual([503, 'database_unavailable', 'same_key'])
        expect(answer.headers['retry-after']).toBe('1')
        expect(answer.text).not.toMatch(/hidden|127\.0\.0\.1|ECONN/)
      }
      const metrics = await away.get('/metrics')
      expect([metrics.status, /^causeway_database_up (\d)/m.exec(metrics.text)?.[1]]).toEqual([200, '0'])
    } finally {
      await away.close()
      await dead.end()
    }
  })

  it('a database that goes away in the middle writes nothing and leaves the key unused', async () => {
    const idempotencyKey = 'in the middle'
    const before = await api.counts()
    const pool = api.deps.opener
    const open = pool.open
    Object.assign(pool, { open: () => Promise.reject(Object.assign(new Error('terminating connection'), { code: '57P01' })) })
    const failed = await api.post('/v1/transfers', order(), { idempotencyKey })
    Object.assign(pool, { open })
    expect([failed.status, failed.json.code]).toEqual([503, 'database_unavailable'])
    expect(await api.counts()).toEqual(before)
    expect((await api.post('/v1/transfers', order(), { idempotencyKey })).status).toBe(202)
  })

  it('what nobody expected is internal, and says nothing about the inside', async () => {
    for (const error of [
      new Error('secret: hunter2'),
      'secret: hunter2',
      undefined,
      new BridgeError('ledger_unbalanced', { secret: 'hunter2' }),
      new BridgeError('chain_unavailable', { rpcUrl: 'https://user:hunter2@rpc' }),
    ]) {
      const { opener } = api.deps
      const { open } = opener
      Object.assign(opener, { open: () => Promise.reject(error) })
      const { status, text, headers } = await api.post('/v1/transfers', order())
      Object.assign(opener, { open })
      expect(status).toBeGreaterThanOrEqual(500)
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(text).not.toMatch(/secret|hunter2|rpcUrl/)
    }
  })
})

describe('health and metrics', () => {
  it('is live, and ready when every check is', async () => {
    expect((await api.get('/health/live', { key: null })).json).toEqual({ status: 'live' })
    expect((await api.get('/health/ready', { key: null })).json).toEqual({
      status: 'ready',
      checks: [{ name: 'database', ok: true }],
    })
  })

  it.each([
    [
      'a check fails',
      async () => [
        { name: 'a', ok: true },
        { name: 'chain', ok: false, detail: 'halted' },
      ],
      [{ name: 'chain', ok: false, detail: 'halted' }],
    ],
    [
      'the checks throw',
      async () => Promise.reject(new Error('secret')),
      [{ name: 'checks', ok: false, detail: 'the checks failed' }],
    ],
    ['the checks hang', () => new Promise<never>(() => {}), [{ name: 'checks', ok: false, detail: 'no answer within 3000 ms' }]],
  ])('is not ready when %s', async (_what, readiness, checks) => {
    const own = await startApi({ readiness })
    try {
      const { status, json, headers } = await own.get('/health/ready', { key: null })
      expect([status, json.code, json.checks, headers['retry-after']]).toEqual([503, 'not_ready', checks, '1'])
      expect((await own.get('/health/live', { key: null })).status).toBe(200)
    } finally {
      await own.close()
    }
  })

  it('counts transfers, intents, the inbox and requests', async () => {
    const own = await startApi()
    try {
      const { id } = (await own.post('/v1/transfers', order())).json
      await own.post('/v1/transfers', order())
      await own.move(id, { type: 'screened', list: 'none', availableMinor: 10n ** 12n })
      await own.move(id, { type: 'intentUnknown', step: 'debitFiat', detail: 'silence' })
      await own.post(`/v1/transfers/${id}/cancel`, { reason: 'x' })
      await own.admin.query(
        `insert into inbox (source, fact, subject, kind, payload, unmatched) values ('a', 'b', 'c', 'railFact', '{}', true)`,
      )
      await own.admin.query(`update transfers set parked_reason = 'x' where id <> $1`, [id])
      await own.admin.query(
        `insert into stray_deposits (id, chain, fact, ref, token, units, booked, payer, reason, state)
         values ('sd_1', 'evm:31337', '0x1:0', '0x2', '0x3', 1, 0, '0x4', 'wrong_amount', 'person')`,
      )
      const { text, headers } = await own.get('/metrics', { key: null })
      expect(headers['content-type']).toMatch(/^text\/plain/)
      const value = (name: string) =>
        Number(
          text
            .split('\n')
            .find(line => line.startsWith(`${name} `))
            ?.split(' ')
            .at(-1),
        )
      expect({
        debiting: value('causeway_transfers{state="debiting"}'),
        completed: value('causeway_transfers{state="completed"}'),
        parked: value('causeway_transfers_parked'),
        waiting: value('causeway_inbox_waiting'),
        unmatched: value('causeway_inbox_unmatched'),
        unknown: value('causeway_intents{status="UNKNOWN"}'),
        pending: value('causeway_intents{status="PENDING"}'),
        strays: value('causeway_stray_deposits{state="person"}'),
        up: value('causeway_database_up'),
        opened: value('causeway_http_request_duration_seconds_count{method="POST",route="/v1/transfers",status="202"}'),
      }).toEqual({
        debiting: 1,
        completed: 0,
        parked: 1,
        waiting: 1,
        unmatched: 1,
        unknown: 1,
        pending: 1,
        strays: 1,
        up: 1,
        opened: 2,
      })
      expect(value('causeway_intents_oldest_unknown_seconds')).toBeGreaterThan(0)
      expect(text).not.toContain(id)
    } finally {
      await own.close()
    }
  })
})

it('answers what is under way when it closes, then ends', async () => {
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  let asked = () => {}
  const arrived = new Promise<void>(resolve => {
    asked = resolve
  })
  const own = await startApi({
    readiness: async () => {
      asked()
      await held
      return [{ name: 'slow', ok: true }]
    },
  })
  const origin = await own.app.listen({ host: '127.0.0.1', port: 0 })
  const silent = connect(Number(new URL(origin).port), '127.0.0.1')
  silent.on('error', () => {})
  const answer = fetch(`${origin}/health/ready`)
  await arrived
  const closed = own.app.close()
  release()
  expect((await answer).status).toBe(200)
  await closed
  await own.close()
})
