import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type BankServer, serveBank } from '../../../../scripts/local/bank/server.ts'
import { customerOf } from '../../../../scripts/local/bank/testing/customer.ts'
import { eventually } from '../../../../scripts/local/bank/testing/eventually.ts'
import { freePort } from '../../../../scripts/local/ports.ts'
import type { BridgeError } from '../../errors.ts'
import type { Outcome } from '../../outcome.ts'
import type { Rail, RailOrder } from '../rail.ts'
import { bankApi } from './bank-api.ts'

let bank: BankServer
let world: ReturnType<typeof customerOf>
let rail: Rail
/** Gives up early: for delays only, so that a busy machine fails no other test. */
let hasty: Rail

const railAt = (baseUrl: string, apiKey = bank.apiKey, timeoutMs = 10_000) =>
  bankApi({ id: 'bank:sim', baseUrl, apiKey, timeoutMs, webhookSecrets: [bank.webhookSecret] })

beforeAll(async () => {
  bank = await serveBank({ settlementDelays: { ach: 'manual' } })
  world = customerOf(bank)
  rail = railAt(bank.url)
  hasty = railAt(bank.url, bank.apiKey, 150)
})
afterEach(() => world.call('DELETE', '/admin/faults'))
afterAll(() => bank.close())

let orders = 0
const orderOf = (changes: Partial<RailOrder> = {}): RailOrder => ({
  key: `key-${++orders}`,
  externalId: `ext-${orders}`,
  direction: 'debit',
  scheme: 'ach',
  amountMinor: '1050',
  currency: 'USD',
  account: 'acct_bridge_usd',
  counterparty: { name: 'Ada Lovelace', accountNumber: '123456789', routingNumber: '021000021' },
  description: 'on-ramp',
  ...changes,
})
const held = async (externalId: string) => (await world.truth()).filter(transfer => transfer.externalId === externalId)
const short = (outcome: Outcome<{ status: string }>) =>
  outcome.kind === 'done' ? `done ${outcome.value.status}` : outcome.kind === 'refused' ? `refused ${outcome.code}` : 'unknown'

describe('submit', () => {
  test('is done with the transfer, and the same again', async () => {
    const order = orderOf()
    const first = await rail.submit(order)
    const [transfer] = await held(order.externalId)
    expect(first).toEqual({
      kind: 'done',
      value: { bankTransferId: transfer?.id, externalId: order.externalId, status: 'submitted', at: transfer?.updatedAt },
    })
    expect(await rail.submit(order)).toEqual(first)
    // What the bank forgot by key it still knows by our reference.
    expect(await rail.submit({ ...order, key: `${order.key}-pruned` })).toEqual(first)
    expect(await held(order.externalId)).toHaveLength(1)
  })

  test.each([
    ['insufficient_funds', { direction: 'credit', amountMinor: '99999999999999' }],
    ['account_unknown', { account: 'acct_other' }],
    ['currency_mismatch', { currency: 'EUR' }],
    ['validation_failed', { amountMinor: '0' }],
  ] as const)('is refused with the bank’s code: %s', async (code, changes) => {
    const order = orderOf(changes)
    expect(short(await rail.submit(order))).toBe(`refused ${code}`)
    expect(await held(order.externalId)).toEqual([])
    expect(short(await rail.query(order))).toBe('refused not_found')
  })

  test('is unknown, never refused, when something with our key or reference is there already', async () => {
    const order = orderOf()
    await rail.submit(order)
    expect(short(await rail.submit({ ...order, amountMinor: '1051' }))).toBe('unknown')
    expect(short(await rail.submit({ ...order, key: 'another', amountMinor: '1051' }))).toBe('unknown')
  })

  test.each([
    ['drop_before', {}, 'refused not_found'],
    ['drop_after', {}, 'done submitted'],
    ['error_before', {}, 'refused not_found'],
    ['error_after', {}, 'done submitted'],
    ['garble_after', {}, 'done submitted'],
    ['rate_limit', {}, 'refused not_found'],
    ['delay', { at: 'processing', ms: 1_500 }, 'unknown'],
    ['delay', { at: 'answer', ms: 1_500 }, 'done submitted'],
  ])('is unknown under %s %o; the query then says: %s; sent again it is one transfer', async (kind, options, asked) => {
    const order = orderOf()
    await world.arm({ kind, ...options, times: 1, match: { externalId: order.externalId } })
    expect(short(await (kind === 'delay' ? hasty : rail).submit(order))).toBe('unknown')
    expect(short(await rail.query(order))).toBe(asked)
    expect(await eventually(async () => (await rail.submit(order)).kind === 'done')).toBe(true)
    expect(short(await rail.query(order))).toBe('done submitted')
    expect(await held(order.externalId)).toHaveLength(1)
  })

  test('is unknown while the bank works on the same key', async () => {
    const order = orderOf()
    await world.arm({ kind: 'delay', ms: 1_000, times: 1, match: { externalId: order.externalId } })
    expect((await Promise.all([hasty.submit(order), hasty.submit(order)])).map(short)).toEqual(['unknown', 'unknown'])
    await eventually(async () => short(await rail.query(order)) === 'done submitted')
    expect(await held(order.externalId)).toHaveLength(1)
  })

  test('is done with what has become of it: settled at once, rejected, returned', async () => {
    expect(short(await rail.submit(orderOf({ scheme: 'book' })))).toBe('done settled')
    await world.arm({ kind: 'reject', code: 'AC04', times: 1 })
    const rejected = await rail.submit(orderOf({ scheme: 'book' }))
    expect(rejected).toMatchObject({ kind: 'done', value: { status: 'rejected', rawCode: 'AC04' } })
    const order = orderOf({ scheme: 'book' })
    await world.arm({ kind: 'return_after_settlement', code: 'R10', times: 1 })
    await rail.submit(order)
    expect(await rail.query(order)).toMatchObject({ kind: 'done', value: { status: 'returned', rawCode: 'R10' } })
  })

  test('says when nothing was sent, and is unknown all the same', async () => {
    const nobody = railAt(`http://127.0.0.1:${await freePort()}`)
    expect(await nobody.submit(orderOf())).toEqual({ kind: 'unknown', detail: 'nothing was sent by this call: ECONNREFUSED' })
    await world.arm({ kind: 'down' })
    const broken = await rail.submit(orderOf())
    expect(broken).toMatchObject({ kind: 'unknown', detail: expect.stringMatching(/^the connection broke: /) })
  })

  test('is unknown with a wrong API key: an earlier call may have gone through', async () => {
    expect(short(await railAt(bank.url, 'wrong').submit(orderOf()))).toBe('unknown')
  })
})

describe('query', () => {
  test('finds by key, else by external id', async () => {
    const order = orderOf()
    await rail.submit(order)
    expect(short(await rail.query({ key: order.key, externalId: order.externalId }))).toBe('done submitted')
    expect(short(await rail.query({ key: 'pruned', externalId: order.externalId }))).toBe('done submitted')
    expect(short(await rail.query({ key: order.key, externalId: 'not-ours' }))).toBe('unknown')
    expect(short(await rail.query({ key: 'never', externalId: 'never' }))).toBe('refused not_found')
  })

  test.each([
    ['drop_before', {}],
    ['error_before', {}],
    ['error_after', {}],
    ['garble_after', {}],
    ['rate_limit', {}],
    ['delay', { ms: 1_000 }],
  ])('is unknown, never not_found, under %s', async (kind, options) => {
    await world.arm({ kind, ...options, on: 'query', times: 1 })
    expect(short(await (kind === 'delay' ? hasty : rail).query({ key: 'never', externalId: 'never' }))).toBe('unknown')
    expect(short(await rail.query({ key: 'never', externalId: 'never' }))).toBe('refused not_found')
  })

  test('is unknown while the bank is down', async () => {
    await world.arm({ kind: 'down' })
    expect(short(await rail.query({ key: 'never', externalId: 'never' }))).toBe('unknown')
  })
})

describe('cancel', () => {
  test('is done before settlement, refused after it', async () => {
    const early = orderOf()
    const submitted = await rail.submit(early)
    const id = submitted.kind === 'done' ? submitted.value.bankTransferId : ''
    expect(await rail.cancel(id)).toMatchObject({ kind: 'done', value: { status: 'rejected', rawCode: 'CANC' } })
    expect(short(await rail.cancel(id))).toBe('done rejected')

    const late = await rail.submit(orderOf({ scheme: 'book' }))
    expect(short(await rail.cancel(late.kind === 'done' ? late.value.bankTransferId : ''))).toBe('refused not_cancelable')
    expect(short(await rail.cancel('bt_none'))).toBe('refused not_found')
  })

  test.each(['drop_before', 'drop_after', 'error_after', 'garble_after'])('is unknown under %s', async kind => {
    const submitted = await rail.submit(orderOf())
    await world.arm({ kind, on: 'cancel', times: 1 })
    expect(short(await rail.cancel(submitted.kind === 'done' ? submitted.value.bankTransferId : ''))).toBe('unknown')
  })
})

describe('balance and entries', () => {
  test('agree: the lines of all pages add up to the balance', async () => {
    for (let n = 0; n < 120; n++)
      await rail.submit(orderOf({ scheme: 'book', amountMinor: String(n + 1), direction: n % 3 ? 'debit' : 'credit' }))
    const first = await rail.entries('acct_bridge_usd')
    const second = await rail.entries('acct_bridge_usd', first.next)
    expect(first.lines).toHaveLength(100)
    expect(second.next).toBeUndefined()
    const lines = [...first.lines, ...second.lines]
    expect(lines[0]).toMatchObject({ bankTransferId: 'opening', externalId: 'opening', amountMinor: '500000000' })
    expect(lines.reduce((sum, line) => sum + BigInt(line.amountMinor), 0n)).toBe(
      BigInt((await rail.balance('acct_bridge_usd')).amountMinor),
    )
    expect(await rail.balance('acct_bridge_eur')).toEqual({ amountMinor: '500000000', currency: 'EUR' })
    expect(await rail.entries('acct_bridge_usd', lines.at(-1)?.cursor)).toEqual({ lines: [] })
  })

  test.each([
    ['error_before', {}],
    ['garble_after', {}],
    ['rate_limit', {}],
    ['drop_after', {}],
    ['delay', { ms: 1_000 }],
  ])('throw rail_unavailable under %s', async (kind, options) => {
    await world.arm({ kind, ...options, on: 'read', times: 2 })
    const reader = kind === 'delay' ? hasty : rail
    const unavailable = { code: 'rail_unavailable' } satisfies Partial<BridgeError>
    await expect(reader.balance('acct_bridge_usd')).rejects.toMatchObject(unavailable)
    await expect(reader.entries('acct_bridge_usd')).rejects.toMatchObject(unavailable)
  })
})

// What no decent bank says: each answer is one that a proxy, another version or a bug could give.
describe('an answer that proves nothing is unknown', () => {
  let server: Server
  let answer: { status: number; body: string; headers?: Record<string, string> }
  let strange: Rail
  const asked: (string | undefined)[] = []

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    strange = railAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  })
  afterAll(() => server.close())

  const transfer = (changes: object = {}) => {
    const { scheme, amountMinor, key: _, ...order } = orderOf({ externalId: 'e' })
    return { ...order, rail: scheme, amount: amountMinor, id: 'bt_1', status: 'submitted', ...changes }
  }

  test.each([
    ['another amount', transfer({ amount: '1' })],
    ['the other direction', transfer({ direction: 'credit' })],
    ['another external id', transfer({ externalId: 'other' })],
    ['another payee', transfer({ counterparty: { name: 'Eve', accountNumber: '666666', routingNumber: '021000021' } })],
    ['a status that we do not know', transfer({ status: 'teleported' })],
    ['an empty object', {}],
    ['null', null],
  ])('201 with %s', async (_, body) => {
    answer = { status: 201, body: JSON.stringify(transfer()) }
    const order = orderOf({ externalId: 'e' })
    expect(short(await strange.submit(order))).toBe('done submitted') // negative control: the true echo is believed
    answer = { status: 201, body: JSON.stringify(body) }
    expect(short(await strange.submit(order))).toBe('unknown')
  })

  test.each([202, 204, 301, 307, 400, 403, 404, 409, 422, 451, 502, 503])('%i without the bank’s own words', async status => {
    answer = { status, body: status === 204 ? '' : '<html>', headers: { location: bank.url } }
    expect(short(await strange.submit(orderOf()))).toBe('unknown')
    expect(short(await strange.query({ key: 'k', externalId: 'e' }))).toBe('unknown')
    expect(short(await strange.cancel('bt_1'))).toBe('unknown')
  })

  test('a redirect is not followed', async () => {
    asked.length = 0
    answer = { status: 307, body: '', headers: { location: '/elsewhere' } }
    expect(short(await strange.submit(orderOf()))).toBe('unknown')
    expect(asked).toEqual(['/v1/transfers'])
  })

  test('two transfers for one key, or a page that is not a list', async () => {
    answer = { status: 200, body: JSON.stringify({ data: [transfer(), transfer({ id: 'bt_2' })] }) }
    expect(short(await strange.query({ key: 'k', externalId: 'e' }))).toBe('unknown')
    answer = { status: 200, body: '{}' }
    expect(short(await strange.query({ key: 'k', externalId: 'e' }))).toBe('unknown')
  })

  test('a line may be dated by its day, and by nothing vaguer', async () => {
    const line = { cursor: '1', transferId: 'bt_1', externalId: 'e', amount: '1050', currency: 'USD' }
    const dated = (at: string) => ({ status: 200, body: JSON.stringify({ data: [{ ...line, at }] }) })
    answer = dated('2026-03-02')
    expect((await strange.entries('acct_x')).lines).toMatchObject([{ cursor: '1', at: '2026-03-02' }])
    answer = dated('2026-03')
    await expect(strange.entries('acct_x')).rejects.toMatchObject({ code: 'rail_unavailable' })
  })

  test('the balance of another account is not believed', async () => {
    answer = { status: 200, body: JSON.stringify({ accountId: 'acct_x', currency: 'USD', balance: '1' }) }
    await expect(strange.balance('acct_bridge_usd')).rejects.toMatchObject({ code: 'rail_unavailable' })
    expect(await strange.balance('acct_x')).toEqual({ amountMinor: '1', currency: 'USD' })
    answer = { status: 200, body: JSON.stringify({ accountId: 'acct_x', currency: 'USD', balance: 1.5 }) }
    await expect(strange.balance('acct_x')).rejects.toMatchObject({ code: 'rail_unavailable' })
  })
})
