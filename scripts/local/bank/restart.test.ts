import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalBank, startBank } from '../bank.ts'
import { createWorkspace } from '../workspace.ts'
import { customerOf, orderOf } from './testing/customer.ts'
import { eventually } from './testing/eventually.ts'
import { openReceiver } from './testing/receiver.ts'

let workspace: ReturnType<typeof createWorkspace>
beforeAll(() => {
  workspace = createWorkspace()
})
afterAll(() => workspace.remove())

const secrets = { apiKey: 'key', webhookSecret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }
const start = (options: Parameters<typeof startBank>[1] = {}): Promise<LocalBank> =>
  startBank(workspace.folder, { ...secrets, settlementDelays: { ach: 'manual', wire: 2_500 }, ...options })

test('killed and started again, the bank has the same books, the same memory of keys, and finishes what it began', async () => {
  const receiver = await openReceiver()
  receiver.answerWith(() => 503)
  let bank = await start({ webhookUrl: receiver.url, openingBalances: { USD: '100000', EUR: '5' }, counterpartyBalance: '5000' })
  try {
    let customer = customerOf(bank)
    expect(bank.accounts).toEqual({ USD: 'acct_bridge_usd', EUR: 'acct_bridge_eur' })
    const settled = orderOf({ rail: 'book', amount: '4000' })
    const pending = orderOf()
    const underWay = orderOf({ rail: 'wire', direction: 'credit' })
    await customer.submit(settled, 'settled')
    await customer.submit(settled, 'settled-alias')
    await customer.submit(pending, 'pending')
    await customer.submit(underWay, 'under-way')
    await eventually(() => receiver.of(settled.externalId).length >= 2)
    const before = await customer.books()
    expect(before.balances).toMatchObject({ acct_bridge_usd: '104000', acct_bridge_eur: '5', cp_usd_123456789: '1000' })

    await bank.kill()
    // What a kill in the middle of a write leaves behind.
    appendFileSync(join(workspace.folder, 'bank', 'journal.jsonl'), '{"type":"transferAcc')
    receiver.answerWith(() => 204)
    const seen = receiver.received.length
    bank = await start({ webhookUrl: receiver.url })
    customer = customerOf(bank)

    const now = (await customer.books()).entries.slice(0, before.entries.length)
    expect(now).toEqual(before.entries)
    for (const [key, order] of [
      ['settled', settled] as const,
      ['settled-alias', settled] as const,
      ['pending', pending] as const,
    ])
      expect((await customer.submit(order, key)).status).toBe(200)
    expect((await customer.submit({ ...pending, amount: '1' }, 'pending')).body.code).toBe('idempotency_conflict')
    expect((await customer.submit({ ...pending, amount: '1' }, 'other')).body.code).toBe('idempotency_conflict')
    expect(await customer.truth()).toHaveLength(3)

    await eventually(
      async () => (await customer.truth()).find(one => one.externalId === underWay.externalId)?.status === 'settled',
    )
    expect((await customer.books()).balances.acct_bridge_usd).toBe('102950')
    // What had not got through comes again under the id that it had.
    await eventually(
      () => receiver.received.slice(seen).filter(one => one.body.data.externalId === settled.externalId).length >= 2,
    )
    expect(new Set(receiver.of(settled.externalId).map(one => one.id)).size).toBe(2)

    await bank.stop()
    expect(bank.alive()).toBe(false)
    const lines = readFileSync(join(workspace.folder, 'bank', 'journal.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    expect(() => lines.map(line => JSON.parse(line))).not.toThrow()
  } finally {
    await bank.stop()
    await receiver.close()
  }
})
