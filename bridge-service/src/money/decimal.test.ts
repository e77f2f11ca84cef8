import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed } from '../../../test/support/seed.ts'
import { type Currency, currencies, decimalsOf } from './currency.ts'
import { parsePositive } from './decimal.ts'
import { formatDecimal, money } from './money.ts'

const anyCurrency = fc.constantFrom(...(Object.keys(currencies) as Currency[]))

describe('parsePositive', () => {
  it.each([
    ['100.25', 'USD', 10_025n],
    ['100', 'USD', 10_000n],
    ['0.01', 'EUR', 1n],
    ['1.5', 'USD', 150n],
    ['0.000001', 'USDC', 1n],
    ['1', 'USDC', 1_000_000n],
    ['9007199254740993.01', 'USD', 900_719_925_474_099_301n],
  ] as const)('reads %s %s', (text, currency, minor) => {
    expect(parsePositive(text, currency)).toEqual({ currency, minor })
  })

  const refused: readonly (readonly [value: unknown, code: string])[] = [
    ['+1', 'amount_invalid'],
    ['1e3', 'amount_invalid'],
    ['NaN', 'amount_invalid'],
    ['Infinity', 'amount_invalid'],
    ['0x10', 'amount_invalid'],
    ['', 'amount_invalid'],
    [' 1', 'amount_invalid'],
    ['1 ', 'amount_invalid'],
    ['1\n', 'amount_invalid'],
    ['1,00', 'amount_invalid'],
    ['1_000', 'amount_invalid'],
    ['.5', 'amount_invalid'],
    ['5.', 'amount_invalid'],
    ['01', 'amount_invalid'],
    ['-01', 'amount_invalid'],
    ['1.0.0', 'amount_invalid'],
    ['١', 'amount_invalid'],
    ['1'.repeat(41), 'amount_invalid'],
    [`1.${'0'.repeat(39)}`, 'amount_invalid'],
    [100.25, 'amount_invalid'],
    [100n, 'amount_invalid'],
    [null, 'amount_invalid'],
    [undefined, 'amount_invalid'],
    [['1'], 'amount_invalid'],
    [{}, 'amount_invalid'],
    // JSON can say this, and no string can be made of it.
    [{ toString: 1, valueOf: 1 }, 'amount_invalid'],
    ['1.001', 'amount_too_precise'],
    ['1.000', 'amount_too_precise'],
    ['0.001', 'amount_too_precise'],
    ['0', 'amount_not_positive'],
    ['0.00', 'amount_not_positive'],
    ['-1', 'amount_not_positive'],
    ['-0', 'amount_not_positive'],
    ['-0.01', 'amount_not_positive'],
    ['-1.001', 'amount_not_positive'],
  ]
  it.each(refused.map(([value, code]) => [inspect(value), code, value] as const))('refuses %s with %s', (_text, code, value) => {
    expect(() => parsePositive(value, 'USD')).toThrow(expect.objectContaining({ code }))
  })

  it('takes forty characters, which is longer than any amount', () => {
    expect(parsePositive('1'.repeat(40), 'USD').minor).toBe(BigInt(`${'1'.repeat(40)}00`))
  })

  it('reads back what formatDecimal wrote', () => {
    fc.assert(
      fc.property(anyCurrency, fc.bigInt({ min: 1n, max: 10n ** 33n }), (currency, minor) => {
        const amount = money(currency, minor)
        expect(parsePositive(formatDecimal(amount), currency)).toEqual(amount)
      }),
      { seed },
    )
  })

  it('gives an amount or a code of its own for whatever it is given', () => {
    const codes = ['amount_invalid', 'amount_too_precise', 'amount_not_positive']
    const nearlyDecimal = fc.string({ unit: fc.constantFrom(...'0123456789.-+eE, '), maxLength: 45 })
    fc.assert(
      fc.property(fc.oneof(nearlyDecimal, fc.anything()), anyCurrency, (value, currency) => {
        try {
          expect(parsePositive(value, currency).minor).toBeGreaterThan(0n)
        } catch (error) {
          expect(codes).toContain((error as { code?: string }).code)
        }
      }),
      { seed },
    )
  })
})

describe('formatDecimal', () => {
  it.each([
    ['USD', 10_025n, '100.25'],
    ['USD', 5n, '0.05'],
    ['USD', 0n, '0.00'],
    ['USD', -5n, '-0.05'],
    ['USDC', 1n, '0.000001'],
    ['USDC', -1_000_001n, '-1.000001'],
  ] as const)('writes %s %d as %s', (currency, minor, text) => {
    expect(formatDecimal(money(currency, minor))).toBe(text)
  })

  it('always writes all decimals, so that equal amounts are equal strings', () => {
    fc.assert(
      fc.property(anyCurrency, fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (currency, minor) => {
        const text = formatDecimal(money(currency, minor))
        expect(text.split('.')[1]).toHaveLength(decimalsOf(currency))
        expect(BigInt(text.replace('.', ''))).toBe(minor)
      }),
      { seed },
    )
  })
})
