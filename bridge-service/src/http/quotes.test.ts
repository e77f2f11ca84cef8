import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Api, onrampInputs, order, startApi } from '../../../test/support/api.ts'
import { account } from '../ledger/chart.ts'
import { type RateAnswer, rateUnavailable } from '../policy/rates/rate-source.ts'

let api: Api
let answer: RateAnswer
let asked = 0
const at = (numerator: bigint, denominator: bigint): RateAnswer => ({
  kind: 'done',
  value: { from: 'EUR', to: 'USDC', numerator, denominator, asOf: '2026-03-02T10:00:00.000Z', source: 'desk' },
})

beforeAll(async () => {
  api = await startApi({
    rates: {
      rateOf: async () => {
        asked++
        return answer
      },
    },
  })
})
afterAll(() => api.close())
beforeEach(() => {
  answer = at(10_831n, 10_000n)
})

const iban = { type: 'bank_account', rail: 'sepa', name: 'Ada Lovelace', accountNumber: 'DE89370400440532013000' }
const { destination } = order()
const euros = { source: iban, destination, amount: { value: '100.00', asset: 'EUR' } }
const arriving = (value: string) => ({
  source: { ...iban, asset: 'EUR' },
  destination,
  destinationAmount: { value, asset: 'USDC' },
})

describe('a quote', () => {
  it('says what it costs, part by part, at which rate, of when, and who said so', async () => {
    const { status, json } = await api.post('/v1/quotes', euros)
    expect(status).toBe(201)
    expect(json).toMatchObject({
      amount: { value: '100.00', asset: 'EUR' },
      fee: { value: '0.35', asset: 'EUR' },
      fees: [
        { kind: 'fixed', amount: { value: '0.25', asset: 'EUR' } },
        { kind: 'bps', amount: { value: '0.10', asset: 'EUR' }, bps: '10' },
      ],
      // 99.65 * 1.0831
      destinationAmount: { value: '107.930915', asset: 'USDC' },
      rate: { numerator: '10831', denominator: '10000', asOf: '2026-03-02T10:00:00.000Z', source: 'desk' },
      residue: { value: '0.000000', asset: 'USDC' },
    })
    expect((await api.get(`/v1/quotes/${json.id}`)).json).toEqual(json)
  })

  it('is for what shall arrive, exactly, too', async () => {
    const { status, json } = await api.post('/v1/quotes', arriving('107.930000'))
    expect(status).toBe(201)
    expect(json).toMatchObject({
      source: { asset: 'EUR' },
      amount: { value: '100.00', asset: 'EUR' },
      destinationAmount: { value: '107.930000', asset: 'USDC' },
      // What 99.65 buys besides.
      residue: { value: '0.000915', asset: 'USDC' },
    })
    const cheaper = (await api.post('/v1/quotes', { ...euros, amount: { value: '99.99', asset: 'EUR' } })).json
    // 99.64 * 1.0831: a cent less would not do.
    expect(cheaper.destinationAmount.value).toBe('107.920084')
  })

  it('is kept by its transfer, whatever the rate does afterwards and whether there is one', async () => {
    const quote = (await api.post('/v1/quotes', euros)).json
    for (const later of [at(2n, 1n), rateUnavailable('gone')]) {
      answer = later
      const other = (await api.get(`/v1/quotes/${quote.id}`)).json
      expect(other.destinationAmount).toEqual(quote.destinationAmount)
    }
    asked = 0
    const { status, json } = await api.post('/v1/transfers', { quoteId: quote.id })
    expect([status, asked]).toEqual([202, 0])
    for (const field of ['amount', 'fee', 'fees', 'destinationAmount', 'rate', 'residue'])
      expect(json[field], field).toEqual(quote[field])
    expect((await api.get(`/v1/transfers/${json.id}`)).json.fees).toEqual(quote.fees)
  })

  it('of the version before, which kept less, is kept as well', async () => {
    const quote = (await api.post('/v1/quotes', euros)).json
    await api.admin.query(
      `update quotes set terms = (terms - array['fees', 'residue', 'remainder']) #- '{rate,asOf}' #- '{rate,source}' where id = $1`,
      [quote.id],
    )
    const older = (await api.get(`/v1/quotes/${quote.id}`)).json
    expect(older).toEqual({ ...quote, fees: [], residue: null, rate: { ...quote.rate, asOf: null, source: null } })
    const { status, json } = await api.post('/v1/transfers', { quoteId: quote.id })
    expect([status, json.destinationAmount, json.fee]).toEqual([202, quote.destinationAmount, quote.fee])
  })
})

describe('while there is no good rate', () => {
  it.each([
    ['/v1/quotes', 'for a source amount', euros],
    ['/v1/quotes', 'for what shall arrive', arriving('5.00')],
    ['/v1/transfers', 'for a source amount', euros],
    ['/v1/transfers', 'for what shall arrive', arriving('5.00')],
  ])('%s %s is refused, nothing is written, and the same request goes through later', async (url, _what, body) => {
    answer = rateUnavailable('EUR/USDC is 60001 ms old')
    const idempotencyKey = randomUUID()
    const before = await api.counts()
    const refused = await api.post(url, body, { idempotencyKey })
    expect([refused.status, refused.json.code, refused.json.retry]).toEqual([503, 'rate_unavailable', 'same_key'])
    expect(refused.headers['retry-after']).toBe('1')
    // What is wrong with our rates is told to us.
    expect(refused.text).not.toContain('60001')
    expect(await api.counts()).toEqual(before)
    answer = at(10_831n, 10_000n)
    const later = await api.post(url, body, { idempotencyKey })
    expect(later.status).toBe(url === '/v1/quotes' ? 201 : 202)
    answer = rateUnavailable('gone again')
    expect((await api.post(url, body, { idempotencyKey })).text).toBe(later.text)
  })

  it('what is wrong with the order is said first', async () => {
    answer = rateUnavailable('gone')
    const { json } = await api.post('/v1/quotes', { ...euros, amount: { value: '1000000.01', asset: 'EUR' } })
    expect(json.code).toBe('amount_over_limit')
  })
})

it('a transfer of what shall arrive ends with its residue in the books', async () => {
  const roundingOf = async () => {
    const { rows } = await api.admin.query(
      'select coalesce(sum(posted), 0)::text as posted from ledger_balances where account_id = $1',
      [account.rounding('USDC')],
    )
    return BigInt(rows[0].posted)
  }
  const before = await roundingOf()
  const { json } = await api.post('/v1/transfers', arriving('107.930000'))
  for (const input of onrampInputs('ab')) await api.move(json.id, input)
  expect((await api.get(`/v1/transfers/${json.id}`)).json.state).toBe('completed')
  expect((await roundingOf()) - before).toBe(-915n)
})
