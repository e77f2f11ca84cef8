import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type BankServer, serveBank } from './server.ts'
import { customerOf, orderOf } from './testing/customer.ts'
import { eventually } from './testing/eventually.ts'

let bank: BankServer
let customer: ReturnType<typeof customerOf>

beforeAll(async () => {
  bank = await serveBank({ settlementDelays: { ach: 'manual' } })
  customer = customerOf(bank)
})
afterEach(() => customer.call('DELETE', '/admin/faults'))
afterAll(() => bank.close())

const taken = async (externalId: string) => (await customer.truth()).filter(transfer => transfer.externalId === externalId).length
const statusOf = async (externalId: string) =>
  (await customer.truth()).find(transfer => transfer.externalId === externalId)?.status

describe('faults of the answer', () => {
  test.each([
    ['drop_before', 0],
    ['drop_after', 1],
  ])('%s destroys the connection; transfers taken: %i', async (kind, count) => {
    const order = orderOf()
    await customer.arm({ kind, times: 1, match: { externalId: order.externalId } })
    await expect(customer.submit(order, order.externalId)).rejects.toThrow()
    expect(await taken(order.externalId)).toBe(count)
    expect((await customer.submit(order, order.externalId)).status).toBe(count === 1 ? 200 : 201)
    expect(await taken(order.externalId)).toBe(1)
  })

  test.each([
    ['error_before', 500, 0],
    ['error_after', 500, 1],
    ['rate_limit', 429, 0],
    ['garble_after', 200, 1],
  ])('%s answers %i; transfers taken: %i', async (kind, status, count) => {
    const order = orderOf()
    await customer.arm({ kind, times: 1, match: { externalId: order.externalId } })
    const answer = await customer.submit(order)
    expect(answer.status).toBe(status)
    if (kind === 'rate_limit') expect(answer.headers.get('retry-after')).toBe('1')
    if (kind === 'garble_after') expect(answer.headers.get('content-type')).toMatch(/html/)
    expect(await taken(order.externalId)).toBe(count)
  })

  test.each([
    ['network', [] as string[], 0],
    ['processing', 'in_progress', 0],
    ['answer', undefined, 1],
  ])('delay at %s: what a query sees meanwhile', async (at, meanwhile, count) => {
    const order = orderOf()
    await customer.arm({ kind: 'delay', at, ms: 1_000, times: 1, match: { externalId: order.externalId } })
    const started = Date.now()
    const answer = customer.submit(order, order.externalId)
    await eventually(async () => (await customer.call('GET', '/admin/faults')).body.data[0].taken === 1)
    const query = await customer.call('GET', `/v1/transfers?idempotencyKey=${order.externalId}`)
    if (at === 'network') expect(query.body.data).toEqual(meanwhile)
    if (at === 'processing') expect(query).toMatchObject({ status: 409, body: { code: meanwhile } })
    if (at === 'answer') expect(query.body.data).toMatchObject([{ externalId: order.externalId }])
    expect(await taken(order.externalId)).toBe(count)
    expect((await answer).status).toBe(201)
    expect(Date.now() - started).toBeGreaterThanOrEqual(990)
  })

  test('down refuses everything under /v1 until it is deleted', async () => {
    const fault = (await customer.arm({ kind: 'down' })).body
    const order = orderOf()
    await expect(customer.submit(order)).rejects.toThrow()
    await expect(customer.call('GET', '/v1/accounts/acct_bridge_usd/balance')).rejects.toThrow()
    expect(await taken(order.externalId)).toBe(0)
    expect((await customer.call('DELETE', `/admin/faults/${fault.id}`)).status).toBe(204)
    expect((await customer.submit(order)).status).toBe(201)
  })

  test('match picks the victims, times ends it, on chooses the call', async () => {
    const debit = orderOf()
    await customer.arm({ kind: 'error_before', match: { direction: 'credit' }, times: 1 })
    await customer.arm({ kind: 'error_after', match: { externalId: debit.externalId }, on: 'query', times: 1 })
    await customer.arm({ kind: 'rate_limit', on: 'read', times: 1 })
    expect((await customer.submit(debit)).status).toBe(201)
    expect((await customer.submit(orderOf({ direction: 'credit' }))).status).toBe(500)
    expect((await customer.submit(orderOf({ direction: 'credit' }))).status).toBe(201)
    expect((await customer.call('GET', `/v1/transfers?externalId=${debit.externalId}`)).status).toBe(500)
    expect((await customer.call('GET', `/v1/transfers?externalId=${debit.externalId}`)).status).toBe(200)
    expect((await customer.call('GET', '/v1/accounts/acct_bridge_usd/balance')).status).toBe(429)
    expect((await customer.call('GET', '/v1/accounts/acct_bridge_usd/balance')).status).toBe(200)
    const listed = (await customer.call('GET', '/admin/faults')).body.data
    expect(listed.map(({ left, taken }: { left: number; taken: number }) => [left, taken])).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ])
  })
})

describe('faults of the money', () => {
  test('reject: at settlement, with the code, and nothing moves', async () => {
    const order = orderOf()
    const before = (await customer.books()).balances
    await customer.arm({ kind: 'reject', code: 'R03', match: { accountNumber: order.counterparty.accountNumber }, times: 1 })
    expect((await customer.submit(order)).body.status).toBe('submitted')
    const settled = await customer.call('POST', '/admin/settle', { externalId: order.externalId })
    expect(settled.body.data).toMatchObject([{ status: 'rejected', returnCode: 'R03' }])
    expect((await customer.books()).balances.acct_bridge_usd).toBe(before.acct_bridge_usd)
  })

  test('return_after_settlement: the money comes and goes again', async () => {
    const order = orderOf({ rail: 'book' })
    const before = (await customer.books()).balances.acct_bridge_usd!
    await customer.arm({ kind: 'return_after_settlement', code: 'R10', ms: 1_000, match: { rail: 'book' }, times: 1 })
    expect((await customer.submit(order)).body.status).toBe('settled')
    expect(BigInt((await customer.books()).balances.acct_bridge_usd!)).toBe(BigInt(before) + 1050n)
    await eventually(async () => (await statusOf(order.externalId)) === 'returned')
    const after = await customer.books()
    expect(after.balances.acct_bridge_usd).toBe(before)
    expect(after.totals.USD).toBe('0')
  })
})
