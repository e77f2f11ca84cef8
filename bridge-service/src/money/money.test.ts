import { describe, expect, it } from 'vitest'
import { isCurrency } from './currency.ts'
import { add, fromJson, type Money, money, subtract, toJson } from './money.ts'

describe('money', () => {
  it('adds and subtracts amounts of one currency', () => {
    expect(add(money('USD', 150n), money('USD', 50n))).toEqual(money('USD', 200n))
    expect(subtract(money('USD', 150n), money('USD', 200n))).toEqual(money('USD', -50n))
  })

  it('refuses two currencies that the compiler could not see', () => {
    const dollars: Money = money('USD', 1n)
    const euros: Money = money('EUR', 1n)
    expect(() => add(dollars, euros)).toThrow(expect.objectContaining({ code: 'asset_mismatch' }))
    expect(() => subtract(dollars, euros)).toThrow(expect.objectContaining({ code: 'asset_mismatch' }))
  })

  it('refuses two currencies at compile time', () => {
    // @ts-expect-error EUR is not USD
    expect(() => add(money('USD', 1n), money('EUR', 1n))).toThrow()
  })

  it('is stored as a string, whatever its size', () => {
    const amount = money('USDC', 10n ** 30n + 1n)
    expect(toJson(amount)).toEqual({ currency: 'USDC', minor: '1000000000000000000000000000001' })
    expect(fromJson(JSON.parse(JSON.stringify(toJson(amount))))).toEqual(amount)
  })

  it('knows its currencies, and not what every object has', () => {
    expect(isCurrency('USD')).toBe(true)
    for (const code of ['usd', 'BTC', '', 'toString', '__proto__', 'constructor']) expect(isCurrency(code)).toBe(false)
  })
})
