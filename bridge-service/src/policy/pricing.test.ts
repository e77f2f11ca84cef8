import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed } from '../../../test/support/seed.ts'
import { type Currency, currencies } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { leastSourceFor, price } from './pricing.ts'

const assets = Object.keys(currencies) as Currency[]
const amount = fc.bigInt({ min: 1n, max: 10n ** 18n })
const rates = fc.record({
  from: fc.constantFrom(...assets),
  to: fc.constantFrom(...assets),
  numerator: fc.bigInt({ min: 1n, max: 10n ** 8n }),
  denominator: fc.bigInt({ min: 1n, max: 10n ** 8n }),
})
const schedules = fc.record({ fixedMinor: fc.bigInt({ min: 0n, max: 10_000n }), bps: fc.bigInt({ min: 0n, max: 9_999n }) })

describe('the least source amount for what shall arrive', () => {
  it('brings it, and a minor unit less does not', () => {
    fc.assert(
      fc.property(amount, rates, schedules, (wanted, rate, schedule) => {
        const least = leastSourceFor(money(rate.to, wanted), schedule, rate)
        expect(price(least, schedule, rate).destinationAmount.minor).toBeGreaterThanOrEqual(wanted)
        const arrives = (minor: bigint) => {
          try {
            return price(money(rate.from, minor), schedule, rate).destinationAmount.minor
          } catch {
            return 0n
          }
        }
        expect(arrives(least.minor - 1n)).toBeLessThan(wanted)
      }),
      { seed, numRuns: 1_000 },
    )
  })

  it('does not exist where the fee is everything', () => {
    const rate = { from: 'USD', to: 'USDC', numerator: 1n, denominator: 1n } as const
    expect(() => leastSourceFor(money('USDC', 1n), { fixedMinor: 0n, bps: 10_000n }, rate)).toThrow(
      expect.objectContaining({ code: 'amount_under_minimum' }),
    )
  })
})
