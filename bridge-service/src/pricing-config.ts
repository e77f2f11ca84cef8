import { z } from 'zod'
import { currency, minor, positive } from './config-fields.ts'
import type { Currency } from './money/currency.ts'

const bpsUpto = (most: bigint) => minor.refine(value => value <= most, `at most ${most}`)

const place = z.string().regex(/^(?:ach|sepa|sepa_inst|wire|book|[a-z]+:[\w.-]{1,64})$/, 'a chain or a scheme of a rail')

const schedule = z
  .strictObject({
    fixedMinor: minor.default(0n),
    bps: bpsUpto(10_000n).default(0n),
    minMinor: minor.default(0n),
    maxMinor: minor.optional(),
    network: z.record(place, minor).default({}),
  })
  .refine(({ minMinor, maxMinor }) => maxMinor === undefined || minMinor <= maxMinor, 'minMinor is over maxMinor')
const byCurrency = z.partialRecord(currency, schedule)

/** A quarter of a unit and ten basis points. */
const usual = (fixedMinor: bigint) => ({ fixedMinor, bps: 10n, minMinor: 0n, network: {} })
const [fromBanks, fromChains] = [
  { USD: usual(25n), EUR: usual(25n) },
  { USDC: usual(250_000n), EURC: usual(250_000n) },
]

/** What each route costs, by the currency that it starts from. */
export const fees = z
  .strictObject({
    onramp: byCurrency.default({}),
    offramp: byCurrency.default({}),
    remittance: byCurrency.default({}),
    crosschain: byCurrency.default({}),
  })
  .default({ onramp: fromBanks, offramp: fromChains, remittance: fromBanks, crosschain: fromChains })

const time = z.iso.datetime({ offset: true }).transform(text => new Date(text).toISOString())
const ratio = { numerator: positive, denominator: positive }
const pair = { from: currency, to: currency, spreadBps: bpsUpto(9_999n).default(0n) }

const peg = (from: Currency, to: Currency) => ({ from, to, numerator: 1n, denominator: 1n, spreadBps: 0n })

/** The pairs that are traded, each in one direction. */
export const rates = z
  .array(
    z.union([
      z.strictObject({ ...pair, ...ratio, asOf: time.optional() }),
      z.strictObject({ ...pair, feed: z.literal(true), reference: z.strictObject(ratio).optional() }),
    ]),
  )
  .refine(pairs => new Set(pairs.map(({ from, to }) => `${from}/${to}`)).size === pairs.length, 'a pair is there twice')
  .default([
    ...[peg('USD', 'USDC'), peg('EUR', 'EURC'), peg('USDC', 'USD'), peg('EURC', 'EUR')],
    ...[peg('USD', 'USD'), peg('EUR', 'EUR'), peg('USDC', 'USDC'), peg('EURC', 'EURC')],
  ])

// Who can change an answer on its way sets our prices.
const feedUrl = z.url().refine(value => {
  const { protocol, hostname } = new URL(value)
  return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
}, 'must use https')

export const rateFeed = z.strictObject({
  name: z.string().min(1).max(40).default('feed'),
  url: feedUrl,
  headers: z.record(z.string(), z.string()).default({}),
  timeoutMs: z.int().positive().default(2_000),
  refreshMs: z.int().positive().default(5_000),
})

export const rateGuard = z
  .strictObject({
    maxAgeMs: z.int().positive().default(60_000),
    maxMoveBps: minor.default(200n),
    moveWindowMs: z.int().positive().default(600_000),
  })
  .default({ maxAgeMs: 60_000, maxMoveBps: 200n, moveWindowMs: 600_000 })
