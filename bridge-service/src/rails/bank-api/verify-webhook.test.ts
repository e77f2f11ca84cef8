import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BankServer, serveBank } from '../../../../scripts/local/bank/server.ts'
import { customerOf, orderOf } from '../../../../scripts/local/bank/testing/customer.ts'
import { eventually } from '../../../../scripts/local/bank/testing/eventually.ts'
import { openReceiver } from '../../../../scripts/local/bank/testing/receiver.ts'
import { webhookVerifier } from './verify-webhook.ts'

const secretOf = (fill: number, bytes = 32) => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`
const now = Date.parse('2026-11-20T10:00:00Z')
const body = JSON.stringify({
  type: 'transfer.returned',
  timestamp: '2026-11-20T09:59:58.000Z',
  data: { id: 'bt_1', externalId: 'e1', status: 'returned', rail: 'ach', amount: '1', returnCode: 'R10', added: 'later' },
})
const signed = (secret: string, text = body, at = now, id = 'msg_1') => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(at / 1000)),
  'webhook-signature': new Webhook(secret).sign(id, new Date(at), text),
})
const verify = webhookVerifier({ secrets: [secretOf(1), secretOf(2)], now: () => now })

describe('a webhook', () => {
  test('signed by the bank is a fact', () => {
    expect(verify(signed(secretOf(1)), body)).toEqual({
      id: 'msg_1',
      fact: { type: 'returned', bankTransferId: 'bt_1', externalId: 'e1', rawCode: 'R10', at: '2026-11-20T09:59:58.000Z' },
    })
  })

  test('may be signed with any secret of a rotation, on either side', () => {
    expect(verify(signed(secretOf(2)), body).id).toBe('msg_1')
    const both = `${signed(secretOf(9))['webhook-signature']} v1a,asymmetric ${signed(secretOf(1))['webhook-signature']}`
    expect(verify({ ...signed(secretOf(1)), 'webhook-signature': both }, body).id).toBe('msg_1')
  })

  const good = signed(secretOf(1))
  test.each([
    ['another secret', signed(secretOf(3)), body],
    ['another body', good, body.replace('R10', 'R01')],
    ['another id', { ...good, 'webhook-id': 'msg_2' }, body],
    ['another time', { ...good, 'webhook-timestamp': String(now / 1000 + 1) }, body],
    ['a scheme that is not v1', { ...good, 'webhook-signature': good['webhook-signature'].replace('v1,', 'v2,') }, body],
    ['a cut signature', { ...good, 'webhook-signature': good['webhook-signature'].slice(0, -6) }, body],
    ['an empty signature', { ...good, 'webhook-signature': 'v1,' }, body],
    ['no signature', { ...good, 'webhook-signature': undefined }, body],
    ['no id', { ...good, 'webhook-id': undefined }, body],
    ['no time', { ...good, 'webhook-timestamp': undefined }, body],
    ['a time that is no number', { ...good, 'webhook-timestamp': 'NaN' }, body],
    ['a time more than five minutes ago', signed(secretOf(1), body, now - 301_000), body],
    ['a time more than five minutes ahead', signed(secretOf(1), body, now + 301_000), body],
  ])('with %s is refused', (_, headers, text) => {
    expect(() => verify(headers, text)).toThrow(expect.objectContaining({ code: 'signature_invalid' }))
  })

  test.each([-299_000, 299_000])('signed %i ms from now is within the tolerance', ms => {
    expect(verify(signed(secretOf(1), body, now + ms), body).id).toBe('msg_1')
  })

  test.each(['not json', '{}', body.replace('transfer.returned', 'transfer.exploded')])(
    'that is signed but unreadable is request_invalid: %s',
    text => {
      expect(() => verify(signed(secretOf(1), text), text)).toThrow(expect.objectContaining({ code: 'request_invalid' }))
    },
  )

  test.each([[[]], [['plain']], [['whsec_!!']], [[secretOf(1, 8)]], [[secretOf(1), '']]])(
    'unusable secrets are refused: %o',
    secrets => {
      expect(() => webhookVerifier({ secrets, now: () => now })).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    },
  )
})

describe('webhooks of the bank', () => {
  let bank: BankServer
  let receiver: Awaited<ReturnType<typeof openReceiver>>
  beforeAll(async () => {
    receiver = await openReceiver()
    bank = await serveBank({ webhookUrl: receiver.url })
  })
  afterAll(async () => {
    await bank.close()
    await receiver.close()
  })

  test('are verified; the forged one is not', async () => {
    const customer = customerOf(bank)
    const order = orderOf({ rail: 'book' })
    await customer.arm({ kind: 'webhook_forge', claim: 'returned', times: 1 })
    await customer.submit(order)
    await eventually(() => receiver.of(order.externalId).length === 3)
    const check = webhookVerifier({ secrets: [bank.webhookSecret], now: Date.now })
    const [forged, submitted, settled] = receiver.of(order.externalId).map(message => () => {
      return check(message.headers as Record<string, string>, message.raw).fact.type
    })
    expect(forged).toThrow(expect.objectContaining({ code: 'signature_invalid' }))
    expect([submitted?.(), settled?.()]).toEqual(['submitted', 'settled'])
  })
})
