import { encodeMuxedAccount, encodeMuxedAccountToAddress } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configuration, order } from '../../../../test/support/api.ts'
import { issuer, keyOf, startWalletApi, type WalletApi } from '../../../../test/support/wallet-api.ts'
import { houseRates } from '../../policy/rates/house-rates.ts'
import { type RateSource, rateUnavailable } from '../../policy/rates/rate-source.ts'

let wallet: WalletApi
let token: string
let nowMs: () => number = Date.now
let rateOf: RateSource['rateOf'] | undefined
const house = houseRates(
  configuration('postgresql://unused').policy.rates,
  { maxAgeMs: 1, maxMoveBps: 0n, moveWindowMs: 1 },
  undefined,
  () => 0,
)
beforeAll(async () => {
  const rates: RateSource = { rateOf: (from, to) => (rateOf ?? house.rateOf)(from, to) }
  wallet = await startWalletApi({ deps: { nowMs: () => nowMs(), rates } })
  token = await wallet.logIn(client)
})
afterAll(() => wallet.close())

const client = keyOf('client')
const usd = 'iso4217:USD'
const usdc = `stellar:USDC:${issuer}`
const eurc = `stellar:EURC:${issuer}`
const fee = (total: string) => ({ total, asset: usd, details: [{ name: 'Service fee', amount: total }] })

const get = (path: string, query: Record<string, string> = {}, key: string | null = null) =>
  wallet.get(`/sep38${path}?${new URLSearchParams(query)}`, { key })
const ask = (body: object, key: string | null = token) => wallet.post('/sep38/quote', body, { key, idempotencyKey: null })
const wish = { sell_asset: usd, buy_asset: usdc, sell_amount: '100.25', sell_delivery_method: 'ach', context: 'sep24' }

describe('what is offered', () => {
  it('is every asset that leads to Stellar, and how it reaches us', async () => {
    const { json } = await get('/info')
    expect(json.assets.map(({ asset }: { asset: string }) => asset)).toEqual([usd, usdc, 'iso4217:EUR', eurc])
    const methodsOf = (id: string) =>
      json.assets
        .find(({ asset }: { asset: string }) => asset === id)
        .sell_delivery_methods?.map(({ name }: { name: string }) => name)
    expect([methodsOf(usd), methodsOf('iso4217:EUR'), methodsOf(usdc)]).toEqual([
      ['ach', 'wire'],
      ['sepa', 'sepa_inst', 'wire'],
      undefined,
    ])
  })

  it.each([
    // A fee of 25 cents and 10 basis points: 36 cents of 100.25, and 99.89 arrive.
    ['what is bought for it', { sell_asset: usd, sell_amount: '100.25' }, 'buy_assets', usdc, '1.003603964', 6],
    ['what it takes', { buy_asset: usdc, buy_amount: '99.89' }, 'sell_assets', usd, '1.003603964', 2],
    [
      'by a way of paying',
      { buy_asset: usdc, buy_amount: '99.89', sell_delivery_method: 'ach' },
      'sell_assets',
      usd,
      '1.003603964',
      2,
    ],
  ])('has its price with all fees in it: %s', async (_what, query, field, asset, price, decimals) => {
    const { status, json } = await get('/prices', query as Record<string, string>)
    expect([status, json]).toEqual([200, { [field]: [{ asset, price, decimals }] }])
  })

  it.each([
    ['more than the limit', { sell_asset: usd, sell_amount: '1000000.01' }, 'buy_assets'],
    ['less than the fee', { sell_asset: usd, sell_amount: '0.20' }, 'buy_assets'],
    ['a token to sell, which no route takes yet', { sell_asset: usdc, sell_amount: '5' }, 'buy_assets'],
    ['a way of paying that is not for it', { buy_asset: usdc, buy_amount: '5', sell_delivery_method: 'sepa' }, 'sell_assets'],
  ])('is nothing for %s', async (_what, query, field) => {
    expect((await get('/prices', query as Record<string, string>)).json).toEqual({ [field]: [] })
  })
})

describe('the price of a pair', () => {
  it('is that of the API, for what is sold', async () => {
    const { json } = await get('/price', wish)
    expect(json).toEqual({
      total_price: '1.003603964',
      price: '1',
      sell_amount: '100.25',
      buy_amount: '99.890000',
      fee: fee('0.36'),
    })
    const body = { ...order(), destination: { ...order().destination, chain: 'stellar:local', address: client.publicKey() } }
    const ours = (await wallet.post('/v1/quotes', body)).json
    expect([ours.amount.value, ours.fee.value, ours.destinationAmount.value]).toEqual([
      json.sell_amount,
      json.fee.total,
      json.buy_amount,
    ])
  })

  it('is the same for what is bought', async () => {
    const { sell_amount: _none, ...rest } = wish
    const { json } = await get('/price', { ...rest, buy_amount: '99.89' })
    expect(json).toMatchObject({ sell_amount: '100.25', buy_amount: '99.890000', fee: fee('0.36') })
  })

  it('buys exactly what is wished for, where nobody can pay so exactly', async () => {
    const { sell_amount: _none, ...rest } = wish
    const { json } = await get('/price', { ...rest, buy_amount: '99.889999' })
    expect(json).toMatchObject({ sell_amount: '100.25', buy_amount: '99.889999', fee: fee('0.36') })
  })
})

describe('while there is no good rate', () => {
  beforeAll(() => {
    rateOf = async () => rateUnavailable('gone')
  })
  afterAll(() => {
    rateOf = undefined
  })

  it('nothing is sold, and no price is shown', async () => {
    for (const { status, json } of [await get('/price', wish), await ask(wish)])
      expect([status, json]).toEqual([503, { error: expect.any(String), code: 'rate_unavailable' }])
    const { status, json } = await get('/prices', { sell_asset: usd, sell_amount: '100.25' })
    expect([status, json]).toEqual([200, { buy_assets: [] }])
  })
})

describe('a firm quote', () => {
  it('is kept for its user, at the price of the API, and shown again the same', async () => {
    const before = Date.now()
    const made = await ask(wish)
    expect([made.status, made.json]).toEqual([
      201,
      {
        id: expect.stringMatching(/^qt_/),
        expires_at: expect.any(String),
        sell_asset: usd,
        buy_asset: usdc,
        sell_delivery_method: 'ach',
        total_price: '1.003603964',
        price: '1',
        sell_amount: '100.25',
        buy_amount: '99.890000',
        fee: fee('0.36'),
      },
    ])
    const ttlMs = Date.parse(made.json.expires_at) - before
    expect(ttlMs).toBeGreaterThanOrEqual(wallet.deps.config.policy.quoteTtlMs)
    expect(ttlMs).toBeLessThan(wallet.deps.config.policy.quoteTtlMs + 5_000)
    expect((await get(`/quote/${made.json.id}`, {}, token)).json).toEqual(made.json)
  })

  it('names no way of paying that was not named', async () => {
    const { config } = wallet.deps
    const banks = config.banks.map(bank => ({ ...bank, schemes: ['ach' as const] }))
    const single = await startWalletApi({ deps: { config: { ...config, banks } } })
    try {
      const key = await single.logIn(client)
      const { sell_delivery_method: _none, ...rest } = wish
      const { status, json } = await single.post('/sep38/quote', rest, { key, idempotencyKey: null })
      expect([status, Object.hasOwn(json, 'sell_delivery_method')]).toEqual([201, false])
    } finally {
      await single.close()
    }
  })

  it('is nobody else’s: not another account’s, not the same account’s under another memo', async () => {
    const { id } = (await ask(wish)).json
    for (const other of [await wallet.logIn(keyOf('friend')), await wallet.logIn(client, { memo: '7' })]) {
      const answer = await get(`/quote/${id}`, {}, other)
      expect([answer.status, answer.json.code]).toEqual([404, 'quote_not_found'])
    }
    expect((await get(`/quote/${id}`, {}, await wallet.logIn(client))).status).toBe(200)
  })

  it('is none of those that the API made', async () => {
    const ours = (await wallet.post('/v1/quotes', order())).json
    expect((await get(`/quote/${ours.id}`, {}, token)).status).toBe(404)
  })

  it('can still be looked at when it has expired', async () => {
    const { id } = (await ask(wish)).json
    try {
      nowMs = () => Date.now() + wallet.deps.config.policy.quoteTtlMs + 1
      expect((await get(`/quote/${id}`, {}, token)).status).toBe(200)
    } finally {
      nowMs = Date.now
    }
  })

  it('is refused without a token, or with one that is no longer good, before anything else is said', async () => {
    for (const key of [null, 'nonsense', wallet.keys.acme.key, `${token}x`]) {
      const answers = [await ask({}, key), await get('/quote/x', {}, key)]
      expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
        [403, 'session_invalid'],
        [403, 'session_invalid'],
      ])
    }
    try {
      nowMs = () => Date.now() + wallet.config.sessionMs + 1_000
      expect((await ask(wish)).json.code).toBe('session_invalid')
    } finally {
      nowMs = Date.now
    }
  })

  it('holds as long as was asked for, or is refused', async () => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString()
    expect((await ask({ ...wish, expire_after: at(60_000) })).status).toBe(201)
    const late = await ask({ ...wish, expire_after: at(3_600_000) })
    expect([late.status, late.json.code]).toEqual([400, 'quote_expiry_too_late'])
  })
})

describe('what is wrong with a request is said in one sentence', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(wish).filter(([key]) => key !== name))

  it.each<[string, Record<string, unknown>, string]>([
    ['no asset to sell', without('sell_asset'), 'request_invalid'],
    ['an asset of another issuer', { ...wish, buy_asset: `stellar:USDC:${keyOf('stranger').publicKey()}` }, 'asset_unknown'],
    ['a currency without its scheme', { ...wish, sell_asset: 'USD' }, 'asset_unknown'],
    ['a pair without a route', { ...wish, sell_asset: usdc, buy_asset: usd }, 'route_unsupported'],
    ['a pair without a rate', { ...wish, buy_asset: eurc }, 'route_unsupported'],
    ['no amount', without('sell_amount'), 'request_invalid'],
    ['both amounts', { ...wish, buy_amount: '1' }, 'request_invalid'],
    ['an exponent', { ...wish, sell_amount: '1e2' }, 'amount_invalid'],
    ['a negative amount', { ...wish, sell_amount: '-1' }, 'amount_not_positive'],
    ['half a cent', { ...wish, sell_amount: '1.005' }, 'amount_too_precise'],
    ['more than the token has', { ...without('sell_amount'), buy_amount: '1.0000001' }, 'amount_too_precise'],
    ['too much', { ...wish, sell_amount: '1000000.01' }, 'amount_over_limit'],
    ['too much to buy', { ...without('sell_amount'), buy_amount: '1000000' }, 'amount_over_limit'],
    ['less than the fee', { ...wish, sell_amount: '0.25' }, 'amount_under_minimum'],
    ['a way of paying for another currency', { ...wish, sell_delivery_method: 'sepa' }, 'delivery_method_invalid'],
    ['a way of paying out tokens', { ...wish, buy_delivery_method: 'ach' }, 'delivery_method_invalid'],
    ['no context', without('context'), 'request_invalid'],
    ['an unknown context', { ...wish, context: 'sep99' }, 'request_invalid'],
  ])('%s', async (_what, body, code) => {
    const before = await wallet.counts()
    const answers = [await ask(body), await get('/price', body as Record<string, string>)]
    for (const { status, json, headers } of answers) {
      expect([status, json]).toEqual([400, { error: expect.stringMatching(/^[A-Z].*\.|: /), code }])
      expect([headers['content-type'], headers['access-control-allow-origin']]).toEqual(['application/json', '*'])
    }
    expect(await wallet.counts()).toEqual(before)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['an amount that is a number', { ...wish, sell_amount: 100.25 }, 'request_invalid'],
    ['no way of paying where there are several', without('sell_delivery_method'), 'delivery_method_invalid'],
    ['a date that is none', { ...wish, expire_after: 'tomorrow' }, 'request_invalid'],
  ])('of a quote: %s', async (_what, body, code) => {
    const { status, json } = await ask(body)
    expect([status, json.code]).toEqual([400, code])
  })

  it.each([
    ['no asset', { sell_amount: '1' }],
    ['two assets', { sell_asset: usd, buy_asset: usdc, sell_amount: '1' }],
    ['no amount', { sell_asset: usd }],
    ['an amount of the other side', { sell_asset: usd, buy_amount: '1' }],
    ['an amount of this side', { buy_asset: usdc, sell_amount: '1' }],
  ])('of prices: %s', async (_what, query) => {
    const { status, json } = await get('/prices', query as Record<string, string>)
    expect([status, json.code]).toEqual([400, 'request_invalid'])
  })
})

describe('a transfer by a wallet’s quote', () => {
  const open = (quoteId: string, more: object = {}) => wallet.post('/v1/transfers', { quoteId, ...more })

  it('takes the account that the quote does not name, and pays the user who asked', async () => {
    const { id } = (await ask(wish, await wallet.logIn(client, { memo: '7' }))).json
    const shown = await wallet.get(`/v1/quotes/${id}`)
    expect(shown.json.source).toEqual({ type: 'bank_account', rail: 'ach', name: null, accountNumber: null, asset: 'USD' })
    const { status, json } = await open(id, { source: order().source })
    expect(status).toBe(202)
    expect(json).toMatchObject({
      source: { rail: 'ach', accountNumber: '****6789' },
      destination: {
        chain: 'stellar:local',
        address: encodeMuxedAccountToAddress(encodeMuxedAccount(client.publicKey(), '7')),
      },
      amount: { value: '100.25', asset: 'USD' },
      fee: { value: '0.36', asset: 'USD' },
      destinationAmount: { value: '99.890000', asset: 'USDC' },
    })
    expect((await open(id, { source: order().source })).json.code).toBe('quote_used')
  })

  it.each<[string, object, string]>([
    ['without an account', {}, 'quote_source_mismatch'],
    ['by another rail', { source: { ...order().source, rail: 'wire' } }, 'quote_source_mismatch'],
    ['from a chain', { source: { type: 'chain_address', chain: 'evm:31337', address: '0x' } }, 'asset_mismatch'],
    ['with a wrong account', { source: { ...order().source, routingNumber: '021000022' } }, 'account_invalid'],
  ])('is refused %s, and the quote stays good', async (_what, more, code) => {
    const { id } = (await ask(wish)).json
    expect((await open(id, more)).json.code).toBe(code)
    expect((await open(id, { source: order().source })).status).toBe(202)
  })

  it('is refused to other tenants, and an account for a quote that names one', async () => {
    const { id } = (await ask(wish)).json
    const other = await wallet.post('/v1/transfers', { quoteId: id, source: order().source }, { key: wallet.keys.globex.key })
    expect(other.json.code).toBe('quote_not_found')
    const ours = (await wallet.post('/v1/quotes', order())).json
    expect((await open(ours.id, { source: order().source })).json.code).toBe('quote_source_mismatch')
    expect((await open(ours.id)).status).toBe(202)
  })
})
