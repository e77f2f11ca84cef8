import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const read = (policy: object) =>
  readConfig({ DATABASE_URL: 'postgres://localhost/x', CAUSEWAY_POLICY: JSON.stringify(policy) }, ['api']).policy

const peg = { from: 'USD', to: 'USDC', numerator: '1', denominator: '1' }
const feed = { from: 'EUR', to: 'USDC', feed: true }
const rateFeed = { url: 'https://rates.example/latest' }
const onramp = (schedule: object) => ({ fees: { onramp: { USD: schedule } } })

describe('the prices of the house', () => {
  it('are read with what is not said filled in', () => {
    const policy = read({
      ...onramp({ bps: '10', network: { 'evm:1': '150' } }),
      rates: [peg, { ...feed, spreadBps: '30' }],
      rateFeed,
    })
    expect(policy.fees).toEqual({
      onramp: { USD: { fixedMinor: 0n, bps: 10n, minMinor: 0n, network: { 'evm:1': 150n } } },
      offramp: {},
      remittance: {},
      crosschain: {},
    })
    expect(policy.rates).toEqual([
      { from: 'USD', to: 'USDC', numerator: 1n, denominator: 1n, spreadBps: 0n },
      { from: 'EUR', to: 'USDC', feed: true, spreadBps: 30n },
    ])
    expect(policy.rateFeed).toEqual({ name: 'feed', url: rateFeed.url, headers: {}, timeoutMs: 2_000, refreshMs: 5_000 })
    expect(policy.rateGuard).toEqual({ maxAgeMs: 60_000, maxMoveBps: 200n, moveWindowMs: 600_000 })
  })

  it('are a quarter of a unit and ten basis points where nothing is said, whatever the route', () => {
    const { fees } = read({})
    expect([fees.onramp.USD, fees.remittance.EUR].map(fee => fee?.fixedMinor)).toEqual([25n, 25n])
    expect([fees.offramp.USDC, fees.crosschain.EURC].map(fee => fee?.fixedMinor)).toEqual([250_000n, 250_000n])
  })

  it.each([
    ['the fee of an earlier version', { fee: { fixedMinor: '25', bps: '10' } }, /fee/],
    ['a fee as a number', onramp({ fixedMinor: 25 }), /fees\.onramp\.USD\.fixedMinor/],
    ['a route that there is not', { fees: { detour: {} } }, /fees/],
    ['a fee of more than everything', onramp({ bps: '10001' }), /bps: at most 10000/],
    ['a place that there is not', onramp({ network: { fedex: '1' } }), /network/],
    ['bounds the wrong way round', onramp({ minMinor: '2', maxMinor: '1' }), /minMinor is over maxMinor/],
    ['a spread of everything', { rates: [{ ...peg, spreadBps: '10000' }] }, /rates/],
    ['a pair twice', { rates: [peg, peg] }, /a pair is there twice/],
    ['a rate of nothing', { rates: [{ ...peg, numerator: '0' }] }, /rates/],
    ['a rate that is the feed’s and ours', { rates: [{ ...peg, feed: true }], rateFeed }, /rates/],
    ['a pair of a feed that is not named', { rates: [feed] }, /rateFeed: needed/],
    ['a feed that anyone on its way can change', { rates: [feed], rateFeed: { url: 'http://rates.example' } }, /must use https/],
  ])('are refused for %s', (_what, policy, where) => {
    expect(() => read(policy)).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        details: { problems: expect.arrayContaining([expect.stringMatching(where)]) },
      }),
    )
  })
})
