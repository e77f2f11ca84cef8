import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BankServer, serveBank } from './server.ts'
import { customerOf, orderOf } from './testing/customer.ts'
import { eventually } from './testing/eventually.ts'
import { openReceiver, type Received } from './testing/receiver.ts'

let bank: BankServer
let customer: ReturnType<typeof customerOf>
let receiver: Awaited<ReturnType<typeof openReceiver>>

beforeEach(async () => {
  receiver = await openReceiver()
  bank = await serveBank({
    webhookUrl: receiver.url,
    settlementDelays: { ach: 'manual' },
    webhookPolicy: { maxAttempts: 3, backoffMs: 5, maxBackoffMs: 20 },
  })
  customer = customerOf(bank)
})
afterEach(async () => {
  await bank.close()
  await receiver.close()
})

const typesOf = (externalId: string) => receiver.of(externalId).map(message => message.body.type)
const eventuallyTypes = (externalId: string, count: number) =>
  eventually(() => typesOf(externalId).length >= count && typesOf(externalId))
const isSigned = (message: Received) => {
  try {
    new Webhook(bank.webhookSecret).verify(message.raw, message.headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}
const stateOf = async (event: string) =>
  (await customer.call('GET', '/admin/webhooks')).body.data.find((message: { event: string }) => message.event === event)

describe('webhooks', () => {
  test('tell of every change, in order, signed, with the facts', async () => {
    const order = orderOf({ rail: 'book' })
    const { id } = (await customer.submit(order)).body
    await customer.call('POST', `/admin/return/${id}`, { code: 'R10' })
    expect(await eventuallyTypes(order.externalId, 3)).toEqual(['transfer.submitted', 'transfer.settled', 'transfer.returned'])
    const messages = receiver.of(order.externalId)
    expect(messages.every(isSigned)).toBe(true)
    expect(new Set(messages.map(message => message.id)).size).toBe(3)
    expect(messages[2]?.body.data).toEqual({
      ...{ id, externalId: order.externalId, status: 'returned', returnCode: 'R10' },
      ...{ rail: 'book', direction: 'debit', amount: '1050', currency: 'USD' },
    })
    // Negative control: the signature is over the body.
    expect(isSigned({ ...messages[0]!, raw: messages[0]!.raw.replace('1050', '9050') })).toBe(false)
  })

  test('come again with the same id until they are taken', async () => {
    let refusals = 2
    receiver.answerWith(() => (refusals-- > 0 ? 503 : 204))
    const order = orderOf()
    await customer.submit(order)
    await eventuallyTypes(order.externalId, 3)
    expect(new Set(receiver.of(order.externalId).map(message => message.id)).size).toBe(1)
    expect(await eventually(async () => (await stateOf('transfer.submitted')).state === 'delivered')).toBe(true)
  })

  test('end when the attempts are used up', async () => {
    receiver.answerWith(() => 500)
    const order = orderOf()
    await customer.submit(order)
    await eventually(async () => (await stateOf('transfer.submitted')).state === 'exhausted')
    expect(receiver.of(order.externalId)).toHaveLength(3)
  })

  test('wait for an endpoint, and follow it when it moves', async () => {
    await customer.call('PUT', '/admin/webhook-endpoint', { url: null })
    const order = orderOf()
    await customer.submit(order)
    await customer.call('POST', '/admin/settle')
    const other = await openReceiver()
    try {
      expect(await stateOf('transfer.submitted')).toMatchObject({ state: 'waiting', attempts: 0 })
      await customer.call('PUT', '/admin/webhook-endpoint', { url: other.url })
      await eventually(() => other.of(order.externalId).length === 2)
      expect(other.of(order.externalId).every(isSigned)).toBe(true)
      expect(receiver.received).toEqual([])
    } finally {
      await other.close()
    }
  })
})

describe('faults of webhooks', () => {
  test('webhook_duplicate: the same message again, same id', async () => {
    const order = orderOf()
    await customer.arm({ kind: 'webhook_duplicate', count: 2, times: 1, match: { externalId: order.externalId } })
    await customer.submit(order)
    await eventuallyTypes(order.externalId, 3)
    expect(new Set(receiver.of(order.externalId).map(message => message.id)).size).toBe(1)
    expect(receiver.of(order.externalId).every(isSigned)).toBe(true)
  })

  test('webhook_reorder: settled comes before submitted', async () => {
    const order = orderOf({ rail: 'book' })
    await customer.arm({ kind: 'webhook_reorder', times: 1 })
    await customer.submit(order)
    expect(await eventuallyTypes(order.externalId, 2)).toEqual(['transfer.settled', 'transfer.submitted'])
  })

  test('webhook_delay: later events overtake', async () => {
    const order = orderOf({ rail: 'book' })
    await customer.arm({ kind: 'webhook_delay', ms: 200, times: 1, match: { event: 'transfer.submitted' } })
    const started = Date.now()
    await customer.submit(order)
    expect(await eventuallyTypes(order.externalId, 2)).toEqual(['transfer.settled', 'transfer.submitted'])
    expect(Date.now() - started).toBeGreaterThanOrEqual(190)
  })

  test('webhook_drop: never comes, while the money moves', async () => {
    const order = orderOf({ rail: 'book' })
    await customer.arm({ kind: 'webhook_drop', match: { event: 'transfer.submitted' } })
    await customer.submit(order)
    await eventuallyTypes(order.externalId, 1)
    await eventually(async () => (await stateOf('transfer.submitted')).state === 'dropped')
    expect(typesOf(order.externalId)).toEqual(['transfer.settled'])
  })

  test.each(['settled', 'returned'])('webhook_forge: an extra one that claims %s under a wrong signature', async claim => {
    const order = orderOf()
    await customer.arm({ kind: 'webhook_forge', claim, times: 1 })
    await customer.submit(order)
    expect(await eventuallyTypes(order.externalId, 2)).toEqual([`transfer.${claim}`, 'transfer.submitted'])
    expect(receiver.of(order.externalId).map(isSigned)).toEqual([false, true])
    expect((await customer.truth()).find(transfer => transfer.externalId === order.externalId)?.status).toBe('submitted')
  })
})
