import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minorOf, readStroops, showStroops, stroopsOf } from './amount.ts'

describe('an amount on the ledger', () => {
  it('is ten times the minor units of a six-decimal token', () => {
    expect(stroopsOf(100_250_000n, 'USDC')).toBe(1_002_500_000n)
    expect(stroopsOf(100_25n, 'USD')).toBe(1_002_500_000n)
  })

  it('comes back as it went, whatever it is', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 59n }), minor => {
        const stroops = stroopsOf(minor, 'USDC')
        expect(minorOf(stroops, 'USDC')).toBe(minor)
        expect(readStroops(showStroops(stroops))).toBe(stroops)
      }),
    )
  })

  it.each([
    ['finer than its asset', 100_250_001n, 2],
    ['more than an int64', 2n ** 63n, undefined],
    ['negative', -1n, undefined],
  ])('that is %s is refused, not rounded', (_what, minor, decimals) => {
    expect(() => stroopsOf(minor, 'USDC', decimals)).toThrow(expect.objectContaining({ code: 'amount_precision' }))
  })

  it('that fits an asset of two decimals passes', () => expect(stroopsOf(100_250_000n, 'USDC', 2)).toBe(1_002_500_000n))

  it('is shown and read with seven decimals', () => {
    expect(showStroops(1n)).toBe('0.0000001')
    expect(showStroops(1_002_500_000n)).toBe('100.2500000')
    expect(readStroops('922337203685.4775807')).toBe(2n ** 63n - 1n)
    expect(readStroops('7')).toBe(70_000_000n)
    for (const text of ['', '1.', '1.12345678', '-1', '1e3']) expect(() => readStroops(text)).toThrow()
  })
})
