import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Fees, initialFees, isUnderwater, type Market, replacementFees } from './fees.ts'

const gwei = 1_000_000_000n
const market = (base: bigint, tip: bigint): Market => ({ baseFeePerGas: base, priorityFeePerGas: tip })
const fees = (max: bigint, tip: bigint): Fees => ({ maxFeePerGas: max, maxPriorityFeePerGas: tip })

describe('a first signature', () => {
  test('offers the tip of the market over twice the base fee', () => {
    expect(initialFees(market(10n * gwei, 2n * gwei), { maxFeePerGasCap: 100n * gwei })).toEqual(fees(22n * gwei, 2n * gwei))
  })

  test('offers at least the configured tip', () => {
    const policy = { maxFeePerGasCap: 100n * gwei, minPriorityFeePerGas: 3n * gwei }
    expect(initialFees(market(10n * gwei, 0n), policy)).toEqual(fees(23n * gwei, 3n * gwei))
  })

  test('never offers more than the cap, and the tip never more than the whole', () => {
    expect(initialFees(market(10n * gwei, 2n * gwei), { maxFeePerGasCap: 12n * gwei })).toEqual(fees(12n * gwei, 2n * gwei))
    expect(initialFees(market(10n * gwei, 2n * gwei), { maxFeePerGasCap: gwei })).toEqual(fees(gwei, gwei))
  })
})

describe('a replacement', () => {
  const policy = { maxFeePerGasCap: 100n * gwei }

  test('in a calm market is 12.5 % over the last', () => {
    expect(replacementFees(fees(40n * gwei, 2n * gwei), market(gwei, gwei), policy)).toEqual(fees(45n * gwei, 2_250_000_000n))
  })

  test('in a risen market follows it', () => {
    expect(replacementFees(fees(20n * gwei, gwei), market(30n * gwei, 3n * gwei), policy)).toEqual(fees(63n * gwei, 3n * gwei))
  })

  test('takes the cap when the market is over it, and gives up when the cap leaves no room', () => {
    expect(replacementFees(fees(80n * gwei, gwei), market(90n * gwei, gwei), policy)?.maxFeePerGas).toBe(100n * gwei)
    expect(replacementFees(fees(89n * gwei, gwei), market(90n * gwei, gwei), policy)).toBeUndefined()
  })

  test('rises strictly even from a tip of nothing', () => {
    expect(replacementFees(fees(7n, 0n), market(0n, 0n), policy)).toEqual(fees(8n, 1n))
  })

  test('always satisfies a node, the market up to the cap, and the cap', () => {
    const wei = fc.bigInt({ min: 0n, max: 10n ** 15n })
    fc.assert(
      fc.property(wei, wei, wei, wei, fc.bigInt({ min: 1n, max: 10n ** 15n }), (a, b, base, tip, cap) => {
        const last = fees(a > b ? a : b, a > b ? b : a)
        const now = market(base, tip)
        const next = replacementFees(last, now, { maxFeePerGasCap: cap })
        if (!next) {
          expect(last.maxFeePerGas * 9n > cap * 8n || last.maxFeePerGas + 1n > cap).toBe(true)
          return
        }
        for (const field of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
          expect(next[field]).toBeGreaterThan(last[field])
          expect(next[field] * 8n).toBeGreaterThanOrEqual(last[field] * 9n)
        }
        expect(next.maxFeePerGas).toBeLessThanOrEqual(cap)
        expect(next.maxPriorityFeePerGas).toBeLessThanOrEqual(next.maxFeePerGas)
        if (next.maxFeePerGas < cap) expect(isUnderwater(next, now)).toBe(false)
      }),
    )
  })
})

test('underwater is below the base fee, not at it', () => {
  expect(isUnderwater(fees(10n, 1n), market(10n, 5n))).toBe(false)
  expect(isUnderwater(fees(10n, 1n), market(11n, 0n))).toBe(true)
})
