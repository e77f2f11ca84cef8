import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed } from '../../../test/support/seed.ts'
import { type Currency, currencies, decimalsOf } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { exchangePostings } from '../transfer/exchange-entry.ts'
import type { Tariff } from './fees.ts'
import { priceFrom, priceTermsOf } from './price-terms.ts'
import { type FixedAmount, price } from './pricing.ts'
import type { QuotedRate } from './rates/rate-source.ts'

const assets = Object.keys(currencies) as Currency[]
const amounts = fc.bigInt({ min: 1n, max: 10n ** 18n })
const ratios = fc.bigInt({ min: 1n, max: 10n ** 8n })
const rates: fc.Arbitrary<QuotedRate> = fc.record({
  from: fc.constantFrom(...assets),
  to: fc.constantFrom(...assets),
  numerator: ratios,
  denominator: ratios,
  asOf: fc.constant(null),
  source: fc.constant('dice'),
})
const smallFees = fc.bigInt({ min: 0n, max: 10_000n })
const tariffs: fc.Arbitrary<Tariff> = fc
  .record({
    fixedMinor: smallFees,
    bps: fc.bigInt({ min: 0n, max: 9_999n }),
    minMinor: smallFees,
    above: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n }), { nil: undefined }),
    network: fc.array(fc.record({ place: fc.constantFrom('ach', 'evm:1'), minor: smallFees }), { maxLength: 2 }),
  })
  .map(({ above, ...tariff }) => ({ ...tariff, maxMinor: above === undefined ? undefined : tariff.minMinor + above }))

/** The price, or nothing where nothing would arrive. */
const find = (fixed: FixedAmount, tariff: Tariff, rate: QuotedRate) => {
  try {
    return price(fixed, tariff, rate)
  } catch (error) {
    expect(error).toMatchObject({ code: 'amount_under_minimum' })
    return undefined
  }
}
const paying = (minor: bigint, rate: QuotedRate) => ({ side: 'source', amount: money(rate.from, minor) }) as const
const delivering = (minor: bigint, rate: QuotedRate) => ({ side: 'destination', amount: money(rate.to, minor) }) as const
const sides = fc.constantFrom('source' as const, 'destination' as const)
const check = (property: (side: 'source' | 'destination', minor: bigint, tariff: Tariff, rate: QuotedRate) => void) =>
  fc.assert(fc.property(sides, amounts, tariffs, rates, property), { seed, numRuns: 3_000 })
const fix = (side: 'source' | 'destination', minor: bigint, rate: QuotedRate): FixedAmount =>
  side === 'source' ? paying(minor, rate) : delivering(minor, rate)

describe('a price', () => {
  const free: Tariff = { fixedMinor: 0n, bps: 0n, minMinor: 0n, network: [] }
  const peg = { numerator: 1n, denominator: 1n, asOf: null, source: 'house' }

  it('keeps apart what the fee is made of', () => {
    const tariff: Tariff = {
      fixedMinor: 25n,
      bps: 10n,
      minMinor: 0n,
      network: [
        { place: 'evm:1', minor: 150n },
        { place: 'ach', minor: 0n },
      ],
    }
    const rate = { from: 'USD', to: 'USDC', ...peg } as const
    expect(price(paying(10_025n, rate), tariff, rate)).toMatchObject({
      fee: money('USD', 186n),
      fees: [
        { kind: 'fixed', amount: money('USD', 25n) },
        { kind: 'bps', amount: money('USD', 11n), bps: 10n },
        { kind: 'network', amount: money('USD', 150n), place: 'evm:1' },
      ],
      destinationAmount: money('USDC', 98_390_000n),
      residue: money('USDC', 0n),
    })
  })

  it('keeps the basis points between their bounds', () => {
    const rate = { from: 'USD', to: 'USDC', ...peg } as const
    const tariff: Tariff = { ...free, bps: 100n, minMinor: 50n, maxMinor: 500n }
    const feeOf = (minor: bigint) => price(paying(minor, rate), tariff, rate).fee.minor
    expect([100n, 5_000n, 5_001n, 50_000n, 10n ** 9n].map(feeOf)).toEqual([50n, 50n, 51n, 500n, 500n])
  })

  it('leaves over what the coarser side cannot show, and says all of it', () => {
    const rate = { from: 'USDC', to: 'USD', ...peg } as const
    expect(price(paying(100_009_999n, rate), free, rate)).toMatchObject({
      destinationAmount: money('USD', 10_000n),
      residue: money('USDC', 9_999n),
      remainder: { numerator: 0n },
    })
  })

  it('delivers exactly what was asked for, and leaves over what is bought besides', () => {
    const rate = { from: 'USD', to: 'USDC', ...peg } as const
    expect(price(delivering(99_889_999n, rate), free, rate)).toMatchObject({
      sourceAmount: money('USD', 9_989n),
      destinationAmount: money('USDC', 99_889_999n),
      residue: money('USDC', 1n),
    })
  })

  it('does not exist where the fee is everything', () => {
    const rate = { from: 'USD', to: 'USDC', ...peg } as const
    expect(find(delivering(1n, rate), { ...free, bps: 10_000n }, rate)).toBeUndefined()
    // A most that the basis points take makes an end of it.
    expect(price(delivering(1n, rate), { ...free, bps: 10_000n, maxMinor: 7n }, rate).sourceAmount).toEqual(money('USD', 8n))
  })
})

describe('whatever the currencies, the rate and the fees', () => {
  it('nothing is made and nothing is lost', () => {
    check((side, minor, tariff, rate) => {
      const found = find(fix(side, minor, rate), tariff, rate)
      if (found === undefined) return
      const { sourceAmount, fee, fees, destinationAmount, residue, remainder } = found
      expect(fees.reduce((sum, { amount }) => sum + amount.minor, 0n)).toBe(fee.minor)
      // (net - unused) * rate = delivered + bought besides + remainder, multiplied out.
      const unused = rate.from === residue.currency && side === 'source' ? residue.minor : 0n
      const besides = residue.minor - unused
      const scale = { from: 10n ** BigInt(decimalsOf(rate.from)), to: 10n ** BigInt(decimalsOf(rate.to)) }
      const exchanged = (sourceAmount.minor - fee.minor - unused) * rate.numerator * scale.to * remainder.denominator
      const got = (destinationAmount.minor + besides) * remainder.denominator + remainder.numerator
      expect(exchanged).toBe(got * rate.denominator * scale.from)
      // And all of it in one direction: by less than a minor unit of the coarser side.
      expect(residue.minor).toBeGreaterThanOrEqual(0n)
      expect(remainder.numerator).toBeGreaterThanOrEqual(0n)
      expect(remainder.numerator).toBeLessThan(remainder.denominator)
      const perUnit = { numerator: rate.numerator * scale.to, denominator: rate.denominator * scale.from }
      expect(unused * perUnit.numerator).toBeLessThan(perUnit.denominator)
      if (besides > 0n) expect(besides * perUnit.denominator).toBeLessThan(perUnit.numerator)
      expect(unused === 0n || besides === 0n).toBe(true)
    })
  })

  it('the entry of the exchange balances, and leaves the customer nothing', () => {
    check((side, minor, tariff, rate) => {
      const found = find(fix(side, minor, rate), tariff, rate)
      if (found === undefined) return
      const postings = exchangePostings(priceTermsOf(found), { customer: 'customer', delivery: 'delivery' })
      const sum = (of: (posting: (typeof postings)[number]) => boolean) =>
        postings.filter(of).reduce((total, { amount }) => total + amount.minor, 0n)
      for (const currency of assets) expect(sum(({ amount }) => amount.currency === currency)).toBe(0n)
      expect(sum(({ account }) => account === 'customer')).toBe(found.sourceAmount.minor)
      expect(sum(({ account }) => account === 'delivery')).toBe(-found.destinationAmount.minor)
      expect(sum(({ account }) => account.startsWith('rounding:'))).toBe(-found.residue.minor)
      expect(sum(({ account }) => account.startsWith('fee_income:'))).toBe(-found.fee.minor)
    })
  })

  it('who pays more pays no less of a fee and gets no less', () => {
    check((_side, minor, tariff, rate) => {
      const less = find(paying(minor, rate), tariff, rate)
      if (less === undefined) return
      const more = price(paying(minor + 1n, rate), tariff, rate)
      const rise = more.fee.minor - less.fee.minor
      expect(rise === 0n || rise === 1n).toBe(true)
      expect(more.destinationAmount.minor).toBeGreaterThanOrEqual(less.destinationAmount.minor)
    })
  })

  it('what is asked for at the destination arrives, for the least that brings it', () => {
    check((_side, wanted, tariff, rate) => {
      const found = price(delivering(wanted, rate), tariff, rate)
      expect(found.destinationAmount).toEqual(money(rate.to, wanted))
      const least = found.sourceAmount.minor
      expect(find(paying(least, rate), tariff, rate)!.destinationAmount.minor).toBe(
        // The other way round what is bought besides is the customer's, too.
        wanted + (found.residue.currency === rate.to ? found.residue.minor : 0n),
      )
      const arrives = find(paying(least - 1n, rate), tariff, rate)?.destinationAmount.minor ?? 0n
      expect(arrives).toBeLessThan(wanted)
    })
  })

  it('what a source amount brings costs no more when it is asked for', () => {
    check((_side, minor, tariff, rate) => {
      const there = find(paying(minor, rate), tariff, rate)
      if (there === undefined) return
      const back = price(delivering(there.destinationAmount.minor, rate), tariff, rate)
      expect(back.sourceAmount.minor).toBeLessThanOrEqual(minor)
      expect(back.destinationAmount).toEqual(there.destinationAmount)
      expect(back.residue.minor).toBe(0n)
    })
  })

  it('a price that is kept is the same price', () => {
    check((side, minor, tariff, rate) => {
      const found = find(fix(side, minor, rate), tariff, rate)
      if (found !== undefined) expect(priceFrom(JSON.parse(JSON.stringify(priceTermsOf(found))))).toEqual(found)
    })
  })
})
