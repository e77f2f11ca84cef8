import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, customer, order, startApi } from '../../../test/support/api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

describe('opening a transfer', () => {
  it('answers 202 with the transfer, masked and priced, and where to find it', async () => {
    const { status, json, headers } = await api.post('/v1/transfers', { ...order(), reference: 'invoice 7' })
    expect(status).toBe(202)
    expect(headers.location).toBe(`/v1/transfers/${json.id}`)
    expect(headers['idempotent-replayed']).toBeUndefined()
    expect(json).toMatchObject({
      id: expect.stringMatching(/^tr_[0-7][0-9a-hjkmnp-tv-z]{25}$/),
      route: 'onramp',
      state: 'requested',
      version: 1,
      source: { type: 'bank_account', rail: 'ach', accountNumber: '****6789', routingNumber: '021000021', asset: 'USD' },
      destination: { type: 'chain_address', chain: 'evm:31337', address: customer, asset: 'USDC' },
      amount: { value: '100.25', asset: 'USD' },
      fee: { value: '0.36', asset: 'USD' },
      destinationAmount: { value: '99.890000', asset: 'USDC' },
      escrow: { id: null, lockTx: null, releaseTx: null, refundTx: null },
      failure: null,
      reference: 'invoice 7',
    })
    const read = await api.get(headers.location as string)
    expect({ ...read.json, updatedAt: json.updatedAt }).toEqual(json)
    expect(JSON.stringify([json, read.json])).not.toContain('000123456789')
  })

  it('writes the transfer, its event and its first intent, as the caller', async () => {
    const { json } = await api.post('/v1/transfers', order())
    const { rows } = await api.admin.query(
      `select t.tenant, a.actor, a.cause, i.step, i.status from transfers t join audit_log a on a.transfer_id = t.id
         join intents i on i.transfer_id = t.id where t.id = $1`,
      [json.id],
    )
    expect(rows).toEqual([
      { tenant: 'acme', actor: `api:${api.keys.acme.id}`, cause: 'command:create', step: 'screen', status: 'PENDING' },
    ])
  })

  it('makes one transfer of fifty identical requests at once, with one body', async () => {
    const idempotencyKey = randomUUID()
    const body = { ...order(), reference: 'fifty' }
    const before = await api.counts()
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.post('/v1/transfers', body, { idempotencyKey })))
    expect(new Set(answers.map(({ status, text, headers }) => `${status} ${headers.location} ${text}`)).size).toBe(1)
    expect(answers[0]!.status).toBe(202)
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(49)
    const after = await api.counts()
    expect(after.transfers! - before.transfers!).toBe(1)
    expect(after.intents! - before.intents!).toBe(1)
    const later = await api.post('/v1/transfers', body, { idempotencyKey })
    expect(later.text).toBe(answers[0]!.text)
  })

  it('takes the same request in another order of fields for the same, and another request for a conflict', async () => {
    const idempotencyKey = randomUUID()
    const first = await api.post('/v1/transfers', order(), { idempotencyKey })
    const { source, destination, amount } = order()
    const again = await api.post('/v1/transfers', { amount, destination, source }, { idempotencyKey })
    expect([again.headers['idempotent-replayed'], again.json.id]).toEqual(['true', first.json.id])
    const before = await api.counts()
    const changed = { ...order(), amount: { value: '100.26', asset: 'USD' } }
    const conflict = await api.post('/v1/transfers', changed, { idempotencyKey })
    expect([conflict.status, conflict.json.code]).toEqual([409, 'idempotency_conflict'])
    const elsewhere = await api.post('/v1/quotes', order(), { idempotencyKey })
    expect([elsewhere.status, elsewhere.json.code]).toEqual([409, 'idempotency_conflict'])
    expect(await api.counts()).toEqual(before)
  })

  it('keeps the keys of two tenants apart', async () => {
    const idempotencyKey = randomUUID()
    const ours = await api.post('/v1/transfers', order(), { idempotencyKey })
    const theirs = await api.post('/v1/transfers', order(), { idempotencyKey, key: api.keys.globex.key })
    expect(theirs.status).toBe(202)
    expect(theirs.json.id).not.toBe(ours.json.id)
  })

  it('reads an IBAN with spaces and in lower case', async () => {
    const body = order()
    const source = { type: 'bank_account', rail: 'sepa', name: 'Ada', accountNumber: 'de89 3704 0044 0532 0130 00' }
    // EURC has a rate and no chain here, so the price is what is refused: the account was read before.
    const { json } = await api.post('/v1/quotes', { ...body, source, amount: { value: '5.00', asset: 'EUR' } })
    expect([json.code, json.errors[0].path]).toEqual(['route_unsupported', 'destination.asset'])
  })
})

describe('a quote', () => {
  const quoted = async () => (await api.post('/v1/quotes', order())).json

  it('promises a price until it expires', async () => {
    const { status, json, headers } = await api.post('/v1/quotes', order())
    expect(status).toBe(201)
    expect(json).toMatchObject({
      amount: { value: '100.25', asset: 'USD' },
      fee: { value: '0.36', asset: 'USD' },
      destinationAmount: { value: '99.890000', asset: 'USDC' },
      rate: { from: 'USD', to: 'USDC', numerator: '1', denominator: '1' },
      transferId: null,
    })
    expect(Date.parse(json.expiresAt) - Date.parse(json.createdAt)).toBe(120_000)
    expect((await api.get(headers.location as string)).json).toEqual(json)
  })

  it('is made once for fifty identical requests', async () => {
    const idempotencyKey = randomUUID()
    const before = await api.counts()
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.post('/v1/quotes', order(), { idempotencyKey })))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(49)
    expect((await api.counts()).quotes! - before.quotes!).toBe(1)
  })

  it('serves one transfer, and that one again on a replay', async () => {
    const quote = await quoted()
    const idempotencyKey = randomUUID()
    const first = await api.post('/v1/transfers', { quoteId: quote.id }, { idempotencyKey })
    expect(first.status).toBe(202)
    expect(first.json.destinationAmount).toEqual(quote.destinationAmount)
    expect((await api.get(`/v1/quotes/${quote.id}`)).json.transferId).toBe(first.json.id)
    const before = await api.counts()
    const second = await api.post('/v1/transfers', { quoteId: quote.id })
    expect([second.status, second.json.code]).toEqual([409, 'quote_used'])
    const replay = await api.post('/v1/transfers', { quoteId: quote.id }, { idempotencyKey })
    expect(replay.text).toBe(first.text)
    expect(await api.counts()).toEqual(before)
  })

  it('is refused when it has expired, is unknown, or is another tenant’s', async () => {
    const quote = await quoted()
    const before = await api.counts()
    const stranger = await api.post('/v1/transfers', { quoteId: quote.id }, { key: api.keys.globex.key })
    expect([stranger.status, stranger.json.code]).toEqual([404, 'quote_not_found'])
    expect((await api.get(`/v1/quotes/${quote.id}`, { key: api.keys.globex.key })).json.code).toBe('quote_not_found')
    const unknown = await api.post('/v1/transfers', { quoteId: `qt_${'0'.repeat(26)}` })
    expect([unknown.status, unknown.json.code]).toEqual([404, 'quote_not_found'])
    await api.admin.query(`update quotes set expires_at = now() - interval '1 ms' where id = $1`, [quote.id])
    const late = await api.post('/v1/transfers', { quoteId: quote.id })
    expect([late.status, late.json.code]).toEqual([409, 'quote_expired'])
    expect(await api.counts()).toEqual(before)
  })
})

describe('listing', () => {
  it('pages through all transfers, newest first, without a gap or a repeat', async () => {
    const { key } = await api.keyOf('pages')
    const made: string[] = []
    for (let index = 0; index < 7; index++)
      made.push((await api.post('/v1/transfers', { ...order(), reference: `r${index % 2}` }, { key })).json.id)
    const seen: string[] = []
    let url = '/v1/transfers?limit=3'
    for (let pages = 1; ; pages++) {
      const { json } = await api.get(url, { key })
      seen.push(...json.data.map(({ id }: { id: string }) => id))
      // A transfer that arrives between two pages belongs before the first.
      if (pages === 1) await api.post('/v1/transfers', order(), { key })
      if (json.nextCursor === null) break
      url = `/v1/transfers?limit=3&cursor=${json.nextCursor}`
    }
    expect(seen).toEqual(made.toReversed())
    const ids = async (query: string) =>
      (await api.get(`/v1/transfers?${query}`, { key })).json.data.map(({ id }: { id: string }) => id)
    expect(await ids('reference=r1')).toEqual([made[5], made[3], made[1]])
    expect(await ids('state=completed')).toEqual([])
    expect(await ids('state=requested&limit=100')).toHaveLength(8)
    const { createdAt } = (await api.get(`/v1/transfers/${made[6]}`, { key })).json
    expect(await ids(`createdAfter=${createdAt}`)).not.toContain(made[6])
    expect(await ids(`createdAfter=${new Date(Date.parse(createdAt) - 1).toISOString()}`)).toContain(made[6])
    expect(await ids('createdAfter=2001-01-01T00:00:00%2B02:00&limit=100')).toHaveLength(8)
  })

  it.each([
    ['limit=0', 'request_invalid'],
    ['limit=101', 'request_invalid'],
    ['limit=x', 'request_invalid'],
    ['state=lost', 'request_invalid'],
    ['state=requested&state=locked', 'request_invalid'],
    ['createdAfter=yesterday', 'request_invalid'],
    ['reference=%00', 'request_invalid'],
    ['colour=red', 'field_unknown'],
    ['cursor=abc', 'cursor_invalid'],
    [`cursor=${Buffer.from('entries 1').toString('base64url')}`, 'cursor_invalid'],
    [`cursor=${Buffer.from('transfers 1').toString('base64url')}`, 'cursor_invalid'],
    [`cursor=${'a'.repeat(300)}`, 'cursor_invalid'],
  ])('refuses ?%s as %s', async (query, code) => {
    expect((await api.get(`/v1/transfers?${query}`)).json.code).toBe(code)
  })
})

describe('who may see what', () => {
  it('hides a tenant’s transfers from every other', async () => {
    const { json } = await api.post('/v1/transfers', order())
    for (const path of [json.id, `${json.id}/timeline`, `${json.id}/stream`]) {
      const answer = await api.get(`/v1/transfers/${path}`, { key: api.keys.globex.key })
      expect([answer.status, answer.json.code]).toEqual([404, 'transfer_not_found'])
    }
    const listed = await api.get('/v1/transfers?limit=100', { key: api.keys.globex.key })
    expect(listed.json.data.map(({ id }: { id: string }) => id)).not.toContain(json.id)
    const before = await api.counts()
    const cancel = await api.post(`/v1/transfers/${json.id}/cancel`, { reason: 'not mine' }, { key: api.keys.globex.key })
    expect([cancel.status, cancel.json.code]).toEqual([404, 'transfer_not_found'])
    expect(await api.counts()).toEqual(before)
  })

  it('does not tell a malformed id from an unknown one', async () => {
    for (const id of ['tr_x', 'qt_00000000000000000000000000', '%00', `tr_${'0'.repeat(26)}`]) {
      const answer = await api.get(`/v1/transfers/${id}`)
      expect([answer.status, answer.json.code]).toEqual([404, 'transfer_not_found'])
    }
  })
})
