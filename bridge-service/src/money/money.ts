import { BridgeError } from '../errors.ts'
import { type Currency, decimalsOf } from './currency.ts'

/** An amount in minor units of one currency. Two currencies never meet in one operation: the compiler refuses EUR + USDC. */
export type Money<C extends Currency = Currency> = { readonly currency: C; readonly minor: bigint }

/** Money as it is stored and sent inside: minor units as a decimal string. */
export type MoneyJson<C extends Currency = Currency> = { readonly currency: C; readonly minor: string }

export const money = <C extends Currency>(currency: C, minor: bigint): Money<C> => ({ currency, minor })

export const add = <C extends Currency>(a: Money<C>, b: Money<NoInfer<C>>): Money<C> => {
  sameCurrency(a, b)
  return money(a.currency, a.minor + b.minor)
}

export const subtract = <C extends Currency>(a: Money<C>, b: Money<NoInfer<C>>): Money<C> => {
  sameCurrency(a, b)
  return money(a.currency, a.minor - b.minor)
}

export const toJson = <C extends Currency>(value: Money<C>): MoneyJson<C> => ({
  currency: value.currency,
  minor: value.minor.toString(),
})

export const fromJson = <C extends Currency>(json: MoneyJson<C>): Money<C> => money(json.currency, BigInt(json.minor))

/** `100.25` for 10025 minor units of USD: always all decimals, so that equal amounts are equal strings. */
export const formatDecimal = (value: Money): string => {
  const decimals = decimalsOf(value.currency)
  const sign = value.minor < 0n ? '-' : ''
  const digits = (value.minor < 0n ? -value.minor : value.minor).toString().padStart(decimals + 1, '0')
  return decimals === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

// The types say it already; data that came from outside the compiler's sight is caught here.
const sameCurrency = (a: Money, b: Money) => {
  if (a.currency !== b.currency) throw new BridgeError('asset_mismatch', { left: a.currency, right: b.currency })
}
