import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountNumbers } from './accounts.ts'
import { type BankServer, serveBank } from './server.ts'
import { customerOf, orderOf } from './testing/customer.ts'
import { eventually } from './testing/eventually.ts'

let bank: BankServer
let customer: ReturnType<typeof customerOf>

beforeAll(async () => {
  bank = await serveBank({ settlementDelays: { ach: 'manual', sepa: 'manual', wire: 30 } })
  customer = customerOf(bank)
})
afterAll(() => bank.close())

const balance = async (account = 'acct_bridge_usd') =>
  BigInt((await customer.call('GET', `/v1/accounts/${account}/balance`)).body.balance)
const settle = (externalId: string) => customer.call('POST', '/admin/settle', { externalId })

describe('a transfer', () => {
  test('is taken with 201 and found by id, key and external id', async () => {
    const order = orderOf()
    const taken = await customer.submit(order, 'find-me')
    expect(taken.status).toBe(201)
    expect(taken.headers.get('idempotent-replayed')).toBeNull()
    expect(taken.body).toMatchObject({ ...order, status: 'submitted' })
    expect((await customer.call('GET', `/v1/transfers/${taken.body.id}`)).body).toEqual(taken.body)
    expect((await customer.call('GET', '/v1/transfers?idempotencyKey=find-me')).body.data).toEqual([taken.body])
    expect((await customer.call('GET', `/v1/transfers?externalId=${order.externalId}`)).body.data).toEqual([taken.body])
  })

  test('moves money at settlement and not before, both ways', async () => {
    const before = await balance()
    const debit = orderOf({ amount: '700' })
    const credit = orderOf({ amount: '200', direction: 'credit' })
    await customer.submit(debit)
    await customer.submit(credit)
    expect(await balance()).toBe(before)
    await settle(debit.externalId)
    expect(await balance()).toBe(before + 700n)
    await settle(credit.externalId)
    expect(await balance()).toBe(before + 500n)
  })

  test('settles by itself after the delay of its rail', async () => {
    const taken = await customer.submit(orderOf({ rail: 'wire' }))
    expect(taken.body.status).toBe('submitted')
    await eventually(async () => (await customer.call('GET', `/v1/transfers/${taken.body.id}`)).body.status === 'settled')
  })

  test('is settled in the answer on an instant rail', async () => {
    expect((await customer.submit(orderOf({ rail: 'book' }))).body.status).toBe('settled')
    const iban = { name: 'Grace', accountNumber: 'DE89370400440532013000' }
    const inst = orderOf({ rail: 'sepa_inst', currency: 'EUR', account: 'acct_bridge_eur', counterparty: iban })
    expect((await customer.submit(inst)).body.status).toBe('settled')
  })

  test('is rejected when the counterparty has too little', async () => {
    await customer.call('PUT', '/admin/counterparties/55550001', { currency: 'USD', balance: '99' })
    const poor = { name: 'Poor', accountNumber: '55550001', routingNumber: '021000021' }
    const before = await balance()
    const order = orderOf({ amount: '100', counterparty: poor })
    await customer.submit(order)
    expect((await settle(order.externalId)).body.data).toMatchObject([{ status: 'rejected', returnCode: 'R01' }])
    expect((await customer.submit(orderOf({ rail: 'book', amount: '100', counterparty: poor }))).body).toMatchObject({
      status: 'rejected',
      returnCode: 'AM04',
    })
    expect((await customer.submit(orderOf({ rail: 'book', amount: '99', counterparty: poor }))).body.status).toBe('settled')
    expect(await balance()).toBe(before + 99n)
  })

  test('is canceled only while submitted, and canceling again is the same', async () => {
    const order = orderOf()
    const { id } = (await customer.submit(order)).body
    const before = await balance()
    const canceled = await customer.call('POST', `/v1/transfers/${id}/cancel`)
    expect(canceled).toMatchObject({ status: 200, body: { status: 'rejected', returnCode: 'CANC' } })
    expect((await customer.call('POST', `/v1/transfers/${id}/cancel`)).body).toEqual(canceled.body)
    await settle(order.externalId)
    expect(await balance()).toBe(before)

    const late = (await customer.submit(orderOf({ rail: 'book' }))).body
    expect(await customer.call('POST', `/v1/transfers/${late.id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'not_cancelable' },
    })
  })

  test('goes back when it is returned, once, and only after settlement', async () => {
    const before = await balance()
    const { id } = (await customer.submit(orderOf({ rail: 'book', amount: '300' }))).body
    expect(await balance()).toBe(before + 300n)
    const returned = await customer.call('POST', `/admin/return/${id}`, { code: 'R10' })
    expect(returned.body).toMatchObject({ status: 'returned', returnCode: 'R10' })
    expect((await customer.call('POST', `/admin/return/${id}`, { code: 'R05' })).body.returnCode).toBe('R10')
    expect(await balance()).toBe(before)

    const pending = (await customer.submit(orderOf())).body
    expect((await customer.call('POST', `/admin/return/${pending.id}`)).body.code).toBe('not_returnable')
    expect((await customer.call('POST', `/admin/reverse-return/${pending.id}`)).body.code).toBe('not_returned')

    for (let twice = 0; twice < 2; twice++)
      expect((await customer.call('POST', `/admin/reverse-return/${id}`)).body).toMatchObject({ status: 'settled' })
    expect(await balance()).toBe(before + 300n)
    expect((await customer.call('POST', `/admin/return/${id}`)).body.code).toBe('not_returnable')
  })
})

describe('idempotency', () => {
  test('the same key and body give the original, marked as replayed', async () => {
    const order = orderOf()
    const first = await customer.submit(order, 'same')
    const again = await customer.submit({ ...order, counterparty: { ...order.counterparty } }, 'same')
    expect(again.status).toBe(200)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(again.body).toEqual(first.body)
  })

  test('the same key with another body is a conflict, also with an invalid one', async () => {
    const order = orderOf()
    await customer.submit(order, 'conflict')
    for (const other of [{ ...order, amount: '1051' }, { ...order, externalId: `${order.externalId}x` }, { nonsense: true }])
      expect(await customer.submit(other, 'conflict')).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } })
  })

  test('the same external id under another key is the original, or a conflict when the body differs', async () => {
    const order = orderOf()
    const first = await customer.submit(order, 'key-a')
    const again = await customer.submit(order, 'key-b')
    expect(again).toMatchObject({ status: 200, body: { id: first.body.id } })
    expect((await customer.call('GET', '/v1/transfers?idempotencyKey=key-b')).body.data).toEqual([first.body])
    expect((await customer.submit({ ...order, amount: '1' }, 'key-c')).body.code).toBe('idempotency_conflict')
    expect((await customer.submit(orderOf(), 'key-b')).body.code).toBe('idempotency_conflict')
  })

  test.each([
    ['one key', () => 'crowd'],
    ['fifty keys', (n: number) => `crowd-${n}`],
  ])('fifty identical orders at once under %s are one transfer', async (_, keyOf) => {
    const order = orderOf({ rail: 'book', amount: '77' })
    const before = await balance()
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => customer.submit(order, keyOf(n))))
    expect(answers.filter(answer => answer.status === 201)).toHaveLength(1)
    expect(answers.filter(answer => answer.status === 200)).toHaveLength(49)
    expect(new Set(answers.map(answer => answer.body.id)).size).toBe(1)
    expect((await customer.truth()).filter(transfer => transfer.externalId === order.externalId)).toHaveLength(1)
    expect(await balance()).toBe(before + 77n)
  })

  test('fifty identical orders at once while the bank is slow: one is taken, the others are told so', async () => {
    const order = orderOf()
    await customer.arm({ kind: 'delay', ms: 500, times: 1, match: { externalId: order.externalId } })
    const answers = await Promise.all(Array.from({ length: 50 }, () => customer.submit(order, 'slow-crowd')))
    expect(answers.filter(answer => answer.status === 201)).toHaveLength(1)
    const inProgress = answers.filter(answer => answer.status === 409)
    expect(inProgress.length).toBeGreaterThan(0)
    expect(inProgress.every(answer => answer.body.code === 'in_progress')).toBe(true)
    expect((await customer.truth()).filter(transfer => transfer.externalId === order.externalId)).toHaveLength(1)
  })

  test('a refused order leaves its key and its external id free', async () => {
    const order = orderOf({ direction: 'credit', amount: '900000000000' })
    expect((await customer.submit(order, 'free-again')).body.code).toBe('insufficient_funds')
    expect((await customer.call('GET', '/v1/transfers?idempotencyKey=free-again')).body).toEqual({ data: [] })
    expect((await customer.submit({ ...order, amount: '5' }, 'free-again')).status).toBe(201)
  })
})

describe('refusals', () => {
  test.each([
    ['validation_failed', { amount: '0' }],
    ['validation_failed', { amount: '10.50' }],
    ['validation_failed', { amount: '-5' }],
    ['validation_failed', { externalId: 'x'.repeat(36) }],
    ['validation_failed', { externalId: '' }],
    ['validation_failed', { rail: 'pigeon' }],
    ['validation_failed', { counterparty: { name: 'No routing', accountNumber: '123456' } }],
    ['validation_failed', { surprise: true }],
    ['account_unknown', { account: 'acct_nobody' }],
    ['account_unknown', { account: 'bank_equity_usd' }],
    ['currency_mismatch', { currency: 'EUR' }],
    ['currency_mismatch', { account: 'acct_bridge_eur', currency: 'EUR' }],
    ['insufficient_funds', { direction: 'credit', amount: '900000000000' }],
  ])('%s for %o', async (code, changes) => {
    const order = { ...orderOf(), ...changes }
    const answer = await customer.submit(order)
    expect(answer).toMatchObject({ status: 422, body: { status: 422, code, type: 'about:blank' } })
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect((await customer.truth()).filter(transfer => transfer.externalId === order.externalId)).toEqual([])
  })

  test('money that is promised to one credit is not there for the next', async () => {
    const eur = { account: 'acct_bridge_eur', currency: 'EUR', rail: 'sepa', direction: 'credit' } as const
    const all = String(await balance('acct_bridge_eur'))
    const first = orderOf({ ...eur, amount: all })
    const { id } = (await customer.submit(first)).body
    expect((await customer.submit(orderOf({ ...eur, amount: '1' }))).body.code).toBe('insufficient_funds')
    expect((await customer.call('GET', '/v1/accounts/acct_bridge_eur/balance')).body).toMatchObject({
      balance: all,
      available: '0',
    })
    await customer.call('POST', `/v1/transfers/${id}/cancel`)
    expect((await customer.submit(orderOf({ ...eur, amount: '1' }))).status).toBe(201)
  })

  test('what is paid to a number of the bridge’s own is on that account, and both statements name the order', async () => {
    const [sent, got] = [await balance('acct_bridge_usd'), await balance('acct_second_usd')]
    const order = orderOf({
      ...{ direction: 'credit', rail: 'book', amount: '1500' },
      counterparty: { name: 'Causeway', accountNumber: accountNumbers.acct_second_usd, routingNumber: '021000021' },
    })
    const { id } = (await customer.submit(order)).body
    expect([(await balance('acct_bridge_usd')) - sent, (await balance('acct_second_usd')) - got]).toEqual([-1500n, 1500n])
    const last = async (account: string) => {
      const lines = (await customer.call('GET', `/v1/accounts/${account}/transactions?limit=100`)).body.data
      return lines.filter(({ externalId }: { externalId: string }) => externalId === order.externalId)
    }
    expect(await last('acct_second_usd')).toMatchObject([{ transferId: id, amount: '1500' }])
    expect(await last('acct_bridge_usd')).toMatchObject([{ transferId: id, amount: '-1500' }])
  })

  test('a missing key, a wrong API key, broken JSON, unknown things', async () => {
    expect(await customer.call('POST', '/v1/transfers', orderOf())).toMatchObject({
      status: 400,
      body: { code: 'idempotency_key_missing' },
    })
    for (const authorization of ['Bearer wrong', bank.apiKey, ''])
      expect(await customer.call('GET', '/v1/transfers?externalId=x', undefined, { authorization })).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      })
    const broken = await fetch(`${bank.url}/v1/transfers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bank.apiKey}`, 'content-type': 'application/json', 'idempotency-key': 'k' },
      body: '{"externalId":',
    })
    expect([broken.status, ((await broken.json()) as { code: string }).code]).toEqual([400, 'body_invalid'])
    expect((await customer.call('GET', '/v1/transfers/bt_none')).body.code).toBe('transfer_not_found')
    expect((await customer.call('POST', '/v1/transfers/bt_none/cancel')).body.code).toBe('transfer_not_found')
    expect((await customer.call('GET', '/v1/transfers')).body.code).toBe('validation_failed')
    expect((await customer.call('GET', '/v1/accounts/bank_equity_usd/balance')).body.code).toBe('account_not_found')
    expect((await customer.call('GET', '/v1/nothing')).body.code).toBe('route_not_found')
    expect((await customer.call('POST', '/admin/faults', { kind: 'earthquake' })).body.code).toBe('validation_failed')
  })
})

test('the statement pages through every line, and adds up to the balance', async () => {
  for (let n = 0; n < 7; n++) await customer.submit(orderOf({ rail: 'book', direction: n % 2 ? 'credit' : 'debit' }))
  const lines: { amount: string; externalId: string; cursor: string }[] = []
  let after = ''
  for (;;) {
    const page = (await customer.call('GET', `/v1/accounts/acct_bridge_usd/transactions?limit=3${after}`)).body
    lines.push(...page.data)
    if (page.next === undefined) break
    expect(page.data).toHaveLength(3)
    after = `&after=${page.next}`
  }
  expect(lines[0]?.externalId).toBe('opening')
  expect(new Set(lines.map(line => line.cursor)).size).toBe(lines.length)
  expect(lines.reduce((sum, line) => sum + BigInt(line.amount), 0n)).toBe(await balance())
  const caughtUp = `/v1/accounts/acct_bridge_usd/transactions?after=${lines.at(-1)?.cursor}`
  expect((await customer.call('GET', caughtUp)).body).toEqual({ data: [] })
  expect((await customer.books()).totals).toEqual({ USD: '0', EUR: '0' })
})
