import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, order, startApi } from '../../../test/support/api.ts'
import { type ErrorCode, errors } from '../errors.ts'

// biome-ignore lint/suspicious/noExplicitAny: each case spoils the order somewhere
type Spoil = (body: any) => void

const cases: [what: string, code: ErrorCode, path: string | undefined, spoil: Spoil][] = [
  ['a float as amount', 'amount_invalid', 'amount.value', b => (b.amount.value = 100.25)],
  ['a number with an exponent', 'amount_invalid', 'amount.value', b => (b.amount.value = 1e3)],
  ['an exponent in a string', 'amount_invalid', 'amount.value', b => (b.amount.value = '1e3')],
  ['NaN', 'amount_invalid', 'amount.value', b => (b.amount.value = 'NaN')],
  ['a comma', 'amount_invalid', 'amount.value', b => (b.amount.value = '100,25')],
  ['null as amount', 'amount_invalid', 'amount.value', b => (b.amount.value = null)],
  ['a negative amount', 'amount_not_positive', 'amount.value', b => (b.amount.value = '-5.00')],
  ['zero', 'amount_not_positive', 'amount.value', b => (b.amount.value = '0.00')],
  ['too many decimals', 'amount_too_precise', 'amount.value', b => (b.amount.value = '100.255')],
  ['too many decimals, all zero', 'amount_too_precise', 'amount.value', b => (b.amount.value = '100.250')],
  ['more than the limit', 'amount_over_limit', 'amount.value', b => (b.amount.value = '1000000.01')],
  ['less than the fee', 'amount_under_minimum', 'amount.value', b => (b.amount.value = '0.25')],
  ['no amount', 'request_invalid', 'amount', b => delete b.amount],
  ['no value', 'request_invalid', 'amount.value', b => delete b.amount.value],
  ['an asset nobody knows', 'asset_unknown', 'amount.asset', b => (b.amount.asset = 'XAU')],
  ['a token from a bank', 'asset_mismatch', 'amount.asset', b => (b.amount.asset = 'USDC')],
  ['euros by ACH', 'asset_mismatch', 'amount.asset', b => (b.amount.asset = 'EUR')],
  ['pounds, which no bank of ours holds', 'asset_mismatch', 'amount.asset', b => (b.amount.asset = 'GBP')],
  ['a token that the chain lacks', 'asset_mismatch', 'destination.asset', b => (b.destination.asset = 'EURC')],
  ['dollars on a chain', 'asset_mismatch', 'destination.asset', b => (b.destination.asset = 'USD')],
  [
    'an address with a wrong checksum',
    'address_checksum_invalid',
    'destination',
    b => (b.destination.address = '0x52908400098527886E0F7030069857D2E4169Ee7'),
  ],
  ['half an address', 'address_invalid', 'destination', b => (b.destination.address = '0x5290840009')],
  ['a wrong ABA checksum', 'account_invalid', 'source', b => (b.source.routingNumber = '021000022')],
  ['a US account with letters', 'account_invalid', 'source', b => (b.source.accountNumber = '12AB')],
  ['no routing number', 'account_invalid', 'source', b => delete b.source.routingNumber],
  ['a wrong IBAN checksum', 'account_invalid', 'source', toIban('DE89370400440532013001')],
  ['an IBAN from outside SEPA', 'account_invalid', 'source', toIban('SA0380000000608010167519')],
  ['an IBAN for dollars', 'account_invalid', 'source', dollarsFromIban],
  ['a chain that we do not serve', 'route_unsupported', 'destination', b => (b.destination.chain = 'evm:1')],
  ['a rail that no bank of ours has', 'route_unsupported', 'source', b => (b.source.rail = 'book')],
  ['the account itself as destination', 'same_account', 'destination', toItself],
  ['an unknown rail', 'request_invalid', 'source.rail', b => (b.source.rail = 'pigeon')],
  ['an unknown kind of leg', 'request_invalid', 'source.type', b => (b.source.type = 'cash')],
  ['a field nobody knows', 'field_unknown', 'memo', b => (b.memo = 'x')],
  ['an unknown field inside', 'field_unknown', 'amount.currency', b => (b.amount.currency = 'USD')],
  ['another asset on the source', 'asset_mismatch', 'source.asset', b => (b.source.asset = 'EUR')],
  ['an amount for each side', 'request_invalid', 'amount', b => (b.destinationAmount = { value: '5.00', asset: 'USDC' })],
  ['what shall arrive, of a source without an asset', 'request_invalid', 'source.asset', toArrive({ value: '5', asset: 'USDC' })],
  [
    'what shall arrive, in another asset',
    'asset_mismatch',
    'destinationAmount.asset',
    toArrive({ value: '5', asset: 'USD' }, 'USD'),
  ],
  [
    'what shall arrive, too precisely',
    'amount_too_precise',
    'destinationAmount.value',
    toArrive({ value: '5.0000001', asset: 'USDC' }, 'USD'),
  ],
  [
    'what would cost more than the limit',
    'amount_over_limit',
    'destinationAmount.value',
    toArrive({ value: '1000000', asset: 'USDC' }, 'USD'),
  ],
  ['a NUL in a name', 'request_invalid', 'source.name', b => (b.source.name = 'Ada\u0000')],
  ['half a surrogate pair', 'request_invalid', 'source.name', b => (b.source.name = 'Ada\ud800')],
  ['a very long name', 'request_invalid', 'source.name', b => (b.source.name = 'a'.repeat(141))],
]

function toIban(iban: string): Spoil {
  return body => {
    body.source = { type: 'bank_account', rail: 'sepa', name: 'Ada', accountNumber: iban }
    body.amount.asset = 'EUR'
  }
}

function dollarsFromIban(body: Parameters<Spoil>[0]) {
  toIban('DE89370400440532013000')(body)
  body.source.rail = 'wire'
  body.amount.asset = 'USD'
}

function toArrive(destinationAmount: { value: string; asset: string }, asset?: string): Spoil {
  return body => {
    delete body.amount
    body.destinationAmount = destinationAmount
    if (asset !== undefined) body.source.asset = asset
  }
}

function toItself(body: Parameters<Spoil>[0]) {
  body.destination = { ...order().source, asset: 'USD' }
}

describe('what is wrong with an order is said by its code, and nothing is written', () => {
  let api: Api
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(() => api.close())

  for (const url of ['/v1/quotes', '/v1/transfers'])
    it.each(cases)(`${url}: %s is %s`, async (_what, code, path, spoil) => {
      const body = order()
      spoil(body)
      const before = await api.counts()
      const { status, json, headers } = await api.post(url, body)
      expect(json).toMatchObject({ code, status: errors[code].status, retry: errors[code].retry })
      expect(status).toBe(errors[code].status)
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(json.errors?.map((each: { path: string }) => each.path)).toEqual(path === undefined ? undefined : [path])
      expect(await api.counts()).toEqual(before)
    })

  it('an order without a fault is accepted: the cases above are refused for what they say', async () => {
    expect((await api.post('/v1/quotes', order())).status).toBe(201)
    expect((await api.post('/v1/transfers', order())).status).toBe(202)
  })

  it('names every fault of a body at once', async () => {
    const body = { ...order(), amount: { value: 5, asset: 'XAU' }, memo: 'x' }
    const { json } = await api.post('/v1/transfers', body)
    expect(json.errors.map(({ path, code }: { path: string; code: string }) => [path, code])).toEqual([
      ['amount.value', 'amount_invalid'],
      ['amount.asset', 'asset_unknown'],
      ['memo', 'field_unknown'],
    ])
  })

  it('judges a body with a quote by the shape with a quote', async () => {
    const { json } = await api.post('/v1/transfers', { quoteId: 'qt_7', amount: { value: '1', asset: 'USD' } })
    expect(json.errors.map(({ path, code }: { path: string; code: string }) => [path, code])).toEqual([
      ['quoteId', 'quote_not_found'],
      ['amount', 'field_unknown'],
    ])
  })

  it.each([
    ['nothing', undefined, 'request_invalid'],
    ['null', 'null', 'request_invalid'],
    ['a list', '[]', 'request_invalid'],
    ['half of JSON', '{"amount":', 'body_invalid'],
    ['an empty body', '', 'body_invalid'],
    ['a poisoned prototype', '{"__proto__":{"polluted":true}}', 'body_invalid'],
  ])('refuses %s as a body', async (_what, body, code) => {
    const before = await api.counts()
    const { json } = await api.post('/v1/transfers', body, body === '' ? { headers: { 'content-type': 'application/json' } } : {})
    expect(json.code).toBe(code)
    expect(await api.counts()).toEqual(before)
  })

  it('refuses other media types and bodies of more than 64 KiB', async () => {
    const form = await api.post('/v1/transfers', 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    expect([form.status, form.json.code]).toEqual([415, 'media_type_unsupported'])
    const big = await api.post('/v1/transfers', { ...order(), reference: 'x'.repeat(70_000) })
    expect([big.status, big.json.code]).toEqual([413, 'body_too_large'])
  })

  it.each([
    ['missing', null, 'idempotency_key_missing'],
    ['empty', '', 'idempotency_key_invalid'],
    ['too long', 'k'.repeat(256), 'idempotency_key_invalid'],
    ['not ASCII', 'schlüssel', 'idempotency_key_invalid'],
  ])('refuses an Idempotency-Key that is %s', async (_what, idempotencyKey, code) => {
    for (const [url, body] of [
      ['/v1/quotes', order()],
      ['/v1/transfers', order()],
      ['/v1/transfers/tr_00000000000000000000000000/cancel', { reason: 'x' }],
    ] as const) {
      const { json, status } = await api.post(url, body, { idempotencyKey })
      expect([status, json.code]).toEqual([400, code])
    }
  })
})
