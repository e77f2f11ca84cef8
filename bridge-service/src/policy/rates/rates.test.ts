import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startRateServer } from '../../../../test/support/rate-server.ts'
import { houseRates, type RatePair } from './house-rates.ts'
import { httpRates } from './http-rates.ts'
import { readRates } from './read-rates.ts'

const pairs: RatePair[] = [
  { from: 'USD', to: 'USDC', numerator: 1n, denominator: 1n, spreadBps: 0n },
  { from: 'GBP', to: 'USD', numerator: 13n, denominator: 10n, spreadBps: 0n, asOf: '2026-03-02T09:59:30.000Z' },
  { from: 'EUR', to: 'USDC', feed: true, spreadBps: 0n },
  { from: 'USDC', to: 'EUR', feed: true, spreadBps: 30n },
  { from: 'GBP', to: 'USDC', feed: true, spreadBps: 0n, reference: { numerator: 13n, denominator: 10n } },
]
const startMs = Date.parse('2026-03-02T10:00:00.000Z')
const guard = { maxAgeMs: 60_000, maxMoveBps: 200n, moveWindowMs: 60_000 }

let server: Awaited<ReturnType<typeof startRateServer>>
let nowMs: number
let failures: string[]
beforeEach(async () => {
  server = await startRateServer()
  nowMs = startMs
  failures = []
})
afterEach(() => server.close())

const house = (timeoutMs = 5_000) => {
  const feed = { name: 'desk', url: server.url, headers: {}, timeoutMs, refreshMs: 5_000 }
  const surroundings = { nowMs: () => nowMs, onFailure: (detail: string) => void failures.push(detail) }
  return houseRates(pairs, guard, httpRates(feed, surroundings), () => nowMs)
}
const unavailable = (detail: unknown = expect.any(String)) => ({ kind: 'refused', code: 'rate_unavailable', detail })

describe('a rate of the house', () => {
  it('holds for good, or for as long as one of its time does', async () => {
    const rates = house()
    expect(await rates.rateOf('USD', 'USDC')).toEqual({
      kind: 'done',
      value: { from: 'USD', to: 'USDC', numerator: 1n, denominator: 1n, asOf: null, source: 'house' },
    })
    expect(await rates.rateOf('GBP', 'USD')).toMatchObject({ kind: 'done', value: { asOf: '2026-03-02T09:59:30.000Z' } })
    nowMs += 30_001
    expect(await rates.rateOf('GBP', 'USD')).toEqual(unavailable('GBP/USD is 60001 ms old'))
    expect(await rates.rateOf('USD', 'USDC')).toMatchObject({ kind: 'done' })
    expect(server.asked()).toBe(0)
  })

  it.each([
    ['the other way round', 'USDC', 'USD'],
    ['by way of a third', 'EUR', 'USD'],
    ['of one currency', 'USD', 'USD'],
  ] as const)('is not made up: %s', async (_what, from, to) => {
    expect(await house().rateOf(from, to)).toMatchObject({ kind: 'refused', code: 'route_unsupported' })
  })
})

describe('a rate of the feed', () => {
  it('is the exact ratio of its decimals, with its time and its name', async () => {
    server.tell({ 'EUR/USDC': '1.083100000000000001' }, startMs - 1_000)
    expect(await house().rateOf('EUR', 'USDC')).toEqual({
      kind: 'done',
      value: {
        from: 'EUR',
        to: 'USDC',
        numerator: 1_083_100_000_000_000_001n,
        denominator: 10n ** 18n,
        asOf: '2026-03-02T09:59:59.000Z',
        source: 'desk',
      },
    })
  })

  it('gives less by the spread', async () => {
    server.tell({ 'USDC/EUR': '0.92' }, startMs)
    expect(await house().rateOf('USDC', 'EUR')).toMatchObject({
      value: { numerator: 92n * 9_970n, denominator: 100n * 10_000n },
    })
  })

  it('is asked for once by all who want one, and again when it is no longer fresh', async () => {
    const rates = house()
    server.tell({ 'EUR/USDC': '1.08', 'USDC/EUR': '0.92' }, startMs)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? rates.rateOf('EUR', 'USDC') : rates.rateOf('USDC', 'EUR'))),
    )
    expect(answers.map(({ kind }) => kind)).toEqual(answers.map(() => 'done'))
    nowMs += 4_999
    await rates.rateOf('EUR', 'USDC')
    expect(server.asked()).toBe(1)
    nowMs += 1
    server.tell({ 'EUR/USDC': '1.09' }, nowMs)
    expect(await rates.rateOf('EUR', 'USDC')).toMatchObject({ value: { numerator: 109n } })
    expect(server.asked()).toBe(2)
  })

  it('stands for a while when the feed falls silent, and then is nobody’s', async () => {
    const rates = house()
    server.tell({ 'EUR/USDC': '1.08' }, startMs)
    await rates.rateOf('EUR', 'USDC')
    server.answer(response => response.writeHead(503).end())
    nowMs += 60_000
    expect(await rates.rateOf('EUR', 'USDC')).toMatchObject({ kind: 'done', value: { numerator: 108n } })
    expect(failures).toEqual(['Error: status 503'])
    nowMs += 1
    expect(await rates.rateOf('EUR', 'USDC')).toEqual(unavailable('EUR/USDC is 60001 ms old'))
    // A feed that failed is left alone for a moment: nobody waits for it twice.
    expect(server.asked()).toBe(2)
    server.tell({ 'EUR/USDC': '1.081' }, startMs + 65_000)
    nowMs += 5_000
    expect(await rates.rateOf('EUR', 'USDC')).toMatchObject({ kind: 'done', value: { numerator: 1_081n } })
  })

  it.each([
    ['stale', '1.08', startMs - 60_001],
    ['of a time to come', '1.08', startMs + 60_001],
    ['zero', '0.00', startMs],
  ])('is refused when it is %s', async (_what, rate, asOfMs) => {
    server.tell({ 'EUR/USDC': rate }, asOfMs)
    expect(await house().rateOf('EUR', 'USDC')).toEqual(unavailable())
  })

  it('is refused when it is not there, and the other pairs stand', async () => {
    server.tell({ 'USDC/EUR': '0.92', 'EUR/XAU': '0.0005' }, startMs)
    const rates = house()
    expect(await rates.rateOf('EUR', 'USDC')).toEqual(unavailable('the feed has no EUR/USDC'))
    expect(await rates.rateOf('USDC', 'EUR')).toMatchObject({ kind: 'done' })
  })

  it('may move a little and not leap, up or down, and comes back when it is near the last good one again', async () => {
    const rates = house()
    const told = async (rate: string) => {
      nowMs += 5_000
      server.tell({ 'EUR/USDC': rate }, nowMs)
      return (await rates.rateOf('EUR', 'USDC')).kind
    }
    expect([await told('1.00'), await told('1.02'), await told('0.9995')]).toEqual(['done', 'done', 'refused'])
    expect([await told('0.9996'), await told('0.979'), await told('10000')]).toEqual(['done', 'refused', 'refused'])
    expect(await told('1.0')).toBe('done')
  })

  it('may not walk away in small steps: no further than one leap in a window', async () => {
    const rates = house()
    const told = async (rate: string, afterMs = 5_000) => {
      nowMs += afterMs
      server.tell({ 'EUR/USDC': rate }, nowMs)
      return (await rates.rateOf('EUR', 'USDC')).kind
    }
    expect([await told('1.00'), await told('1.01'), await told('1.02'), await told('1.03')]).toEqual([
      ...['done', 'done', 'done', 'refused'],
    ])
    // The window began with the first, 15 s ago.
    expect(await told('1.03', 45_000)).toBe('refused')
    expect(await told('1.03', 5_000)).toBe('done')
    // The next one begins with 1.02, the last good one of the one before.
    expect([await told('1.0404'), await told('1.0405')]).toEqual(['done', 'refused'])
  })

  it('is held against a reference from the first one on', async () => {
    const rates = house()
    server.tell({ 'GBP/USDC': '1.4' }, startMs)
    expect(await rates.rateOf('GBP', 'USDC')).toEqual(unavailable('GBP/USDC is 14/10, more than 200 basis points from 13/10'))
    nowMs += 5_000
    server.tell({ 'GBP/USDC': '1.31' }, nowMs)
    expect(await rates.rateOf('GBP', 'USDC')).toMatchObject({ kind: 'done' })
  })

  it('is not waited for longer than the time-out, also when it drips', async () => {
    server.answer(() => {})
    expect(await house(50).rateOf('EUR', 'USDC')).toEqual(unavailable('the feed has not answered yet'))
    server.answer(response => {
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    })
    expect(await house(50).rateOf('EUR', 'USDC')).toEqual(unavailable('the feed has not answered yet'))
    expect(failures).toEqual([expect.stringContaining('TimeoutError'), expect.stringContaining('TimeoutError')])
  })

  it('is not read to the end when it has no end', async () => {
    let written = 0
    server.answer(response => {
      const chunk = ' '.repeat(16_384)
      const pour = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length
        if (!response.destroyed) response.once('drain', pour)
      }
      pour()
    })
    expect(await house().rateOf('EUR', 'USDC')).toEqual(unavailable())
    expect(failures).toEqual(['Error: more than 65536 bytes'])
    expect(written).toBeLessThan(20_000_000)
  })

  it('is not fetched from where the feed points to', async () => {
    server.answer(response => response.writeHead(302, { location: server.url }).end())
    expect(await house().rateOf('EUR', 'USDC')).toEqual(unavailable())
    expect([server.asked(), failures]).toEqual([1, ['Error: status 302']])
  })
})

describe('what a feed says is refused as a whole', () => {
  const rate = { from: 'EUR', to: 'USDC', rate: '1.08', asOf: '2026-03-02T10:00:00Z' }
  const say = (change: object) =>
    JSON.stringify({
      rates: [
        { from: 'USD', to: 'USDC', rate: '1', asOf: rate.asOf },
        { ...rate, ...change },
      ],
    })

  it('but not when it is right', () => {
    expect([...readRates(say({ asOf: '2026-03-02T11:00:00+01:00' })).values()]).toEqual([
      expect.objectContaining({ numerator: 1n, denominator: 1n }),
      expect.objectContaining({ numerator: 108n, denominator: 100n, asOf: '2026-03-02T10:00:00.000Z' }),
    ])
  })

  it.each([
    ['a float', say({ rate: 1.08 })],
    ['an exponent', say({ rate: '1e2' })],
    ['a sign', say({ rate: '-1.08' })],
    ['a comma', say({ rate: '1,08' })],
    ['nothing before the point', say({ rate: '.5' })],
    ['a leading zero', say({ rate: '01.5' })],
    ['more digits than a rate has', say({ rate: `1.${'1'.repeat(19)}` })],
    ['zero', say({ rate: '0.000' })],
    ['infinity', say({ rate: 'Infinity' })],
    ['no time', say({ asOf: undefined })],
    ['a day for a time', say({ asOf: '2026-03-02' })],
    ['a number for a time', say({ asOf: 1_772_445_600 })],
    ['a pair twice', say({ from: 'USD' })],
    ['no rates', '{}'],
    ['something else', '"rates"'],
    ['nothing', ''],
    ['half of it', say({}).slice(0, -9)],
    ['a page', '<html>maintenance</html>'],
  ])('for %s', (_what, text) => {
    expect(() => readRates(text)).toThrow()
  })
})
