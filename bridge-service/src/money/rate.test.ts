import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed } from '../../../test/support/seed.ts'
import { type Currency, currencies, decimalsOf } from './currency.ts'
import { money } from './money.ts'
import { basisPointsUp, convertDown } from './rate.ts'

const anyCurrency = fc.constantFrom(...(Object.keys(currencies) as Currency[]))
const positive = fc.bigInt({ min: 1n, max: 10n ** 20n })

describe('convertDown', () => {
  it('is exact where the rate is', () => {
    const rate = { from: 'USD', to: 'USDC', numerator: 1n, denominator: 1n } as const
    expect(convertDown(money('USD', 10_025n), rate)).toMatchObject({ converted: money('USDC', 100_250_000n), residue: 0n })
  })

  it('rounds down and says what is left over', () => {
    // 0.01 EUR at 1.0831 is 0.010831 USD: one cent, and 831 of 10,000 of a cent.
    const rate = { from: 'EUR', to: 'USD', numerator: 10_831n, denominator: 10_000n } as const
    const { converted, residue, residueDenominator } = convertDown(money('EUR', 1n), rate)
    expect(converted).toEqual(money('USD', 1n))
    expect(residue * 10_000n).toBe(831n * residueDenominator)
  })

  it('loses nothing: what was converted and what is left over are exactly what the rate says', () => {
    fc.assert(
      fc.property(
        anyCurrency,
        anyCurrency,
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        positive,
        positive,
        (from, to, minor, n, d) => {
          const { converted, residue, residueDenominator } = convertDown(money(from, minor), {
            from,
            to,
            numerator: n,
            denominator: d,
          })
          const exactNumerator = minor * n * 10n ** BigInt(decimalsOf(to))
          const exactDenominator = d * 10n ** BigInt(decimalsOf(from))
          // converted + residue / residueDenominator = exact, multiplied out.
          expect((converted.minor * residueDenominator + residue) * exactDenominator).toBe(exactNumerator * residueDenominator)
          expect(residue).toBeGreaterThanOrEqual(0n)
          expect(residue).toBeLessThan(residueDenominator)
          expect(converted.currency).toBe(to)
        },
      ),
      { seed },
    )
  })

  it('never makes money: there and back again is no more than it was', () => {
    fc.assert(
      fc.property(
        anyCurrency,
        anyCurrency,
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        positive,
        positive,
        (from, to, minor, n, d) => {
          const there = convertDown(money(from, minor), { from, to, numerator: n, denominator: d })
          const back = convertDown(there.converted, { from: to, to: from, numerator: d, denominator: n })
          expect(back.converted.minor).toBeLessThanOrEqual(minor)
        },
      ),
      { seed },
    )
  })
})

describe('basisPointsUp', () => {
  it.each([
    [10_000n, 10n, 10n],
    [10_001n, 10n, 11n],
    [1n, 1n, 1n],
    [0n, 10n, 0n],
    [10_000n, 0n, 0n],
    [12_345n, 10_000n, 12_345n],
  ])('%d at %d basis points is %d', (minor, bps, fee) => {
    expect(basisPointsUp(money('USD', minor), bps)).toEqual(money('USD', fee))
  })

  it('is never less than the schedule says, and less than one minor unit more', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.bigInt({ min: 0n, max: 10_000n }), (minor, bps) => {
        const fee = basisPointsUp(money('USD', minor), bps).minor
        expect(fee * 10_000n).toBeGreaterThanOrEqual(minor * bps)
        expect((fee - 1n) * 10_000n).toBeLessThan(minor * bps)
      }),
      { seed },
    )
  })
})
