import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seed } from '../../../../test/support/seed.ts'
import { type Currency, currencies, decimalsOf } from '../../money/currency.ts'
import { money, subtract } from '../../money/money.ts'
import { price } from '../../policy/pricing.ts'
import { unitPrice, walletPrice } from './wallet-price.ts'

const assets = Object.keys(currencies) as Currency[]

/** An exact decimal, as a ratio. */
const exact = (text: string) => {
  const [whole = '', fraction = ''] = text.split('.')
  return { numerator: BigInt(whole + fraction), denominator: 10n ** BigInt(fraction.length) }
}

/** |a * b - c| < 10^-decimals / 2 */
const isProductUpTo = (a: string, b: string, c: string, decimals: number): boolean => {
  const [x, y, z] = [exact(a), exact(b), exact(c)]
  const difference = x.numerator * y.numerator * z.denominator - z.numerator * x.denominator * y.denominator
  const denominator = x.denominator * y.denominator * z.denominator
  return 2n * 10n ** BigInt(decimals) * (difference < 0n ? -difference : difference) < denominator
}

it('keeps the formulas of SEP-38 to the last decimal of both assets', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...assets),
      fc.constantFrom(...assets),
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      (from, to, net, fee, bought) => {
        const shown = walletPrice(
          { sourceAmount: money(from, net + fee), fee: money(from, fee), fees: [], destinationAmount: money(to, bought) },
          'x',
        )
        expect(isProductUpTo(shown.total_price, shown.buy_amount, shown.sell_amount, 7)).toBe(true)
        const afterFee = walletPrice(
          { sourceAmount: money(from, net), fee: money(from, 0n), fees: [], destinationAmount: money(to, bought) },
          'x',
        )
        expect(shown.price).toBe(afterFee.total_price)
        expect(isProductUpTo(shown.price, shown.buy_amount, afterFee.sell_amount, 7)).toBe(true)
        expect(decimalsOf(from)).toBeLessThanOrEqual(7)
      },
    ),
    { seed, numRuns: 2_000 },
  )
})

it('is exact where the price is', () => {
  const rate = { from: 'EUR', to: 'USDC', numerator: 5n, denominator: 4n, asOf: null, source: 'house' } as const
  const tariff = { fixedMinor: 5n, bps: 10n, minMinor: 0n, network: [{ place: 'stellar:local', minor: 20n }] }
  const offer = price({ side: 'source', amount: money('EUR', 10_000n) }, tariff, rate)
  expect(walletPrice(offer, 'iso4217:EUR')).toEqual({
    total_price: '0.8028098344',
    price: '0.8',
    sell_amount: '100.00',
    buy_amount: '124.562500',
    fee: {
      total: '0.35',
      asset: 'iso4217:EUR',
      details: [
        { name: 'Service fee', amount: '0.15' },
        { name: 'Network fee', amount: '0.20' },
      ],
    },
  })
  expect(subtract(offer.sourceAmount, offer.fee)).toEqual(money('EUR', 9_965n))
})

it.each([
  [money('USD', 100n), money('USDC', 1_000_000n), '1'],
  [money('USD', 10_000n), money('USDC', 1_000_000n), '100'],
  [money('USD', 1n), money('USDC', 300_000_000n), '0.0000333333'],
  [money('USD', 200n), money('USDC', 3_000_000n), '0.66666667'],
])('%o for %o is %s', (paid, bought, text) => {
  expect(unitPrice(paid, bought)).toBe(text)
})
