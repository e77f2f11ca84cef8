import { BridgeError } from '../errors.ts'
import { type Currency, decimalsOf } from './currency.ts'
import { type Money, money } from './money.ts'

// Longer than any amount in existence, short enough that nobody makes us parse a megabyte of digits.
const maxLength = 40

/**
 * Reads a plain decimal string such as `100.25` as money.
 * Throws `amount_invalid` (sign, exponent, NaN, spaces, not a string), `amount_too_precise` (more decimals than the currency has,
 * also when they are zeros: silently dropping what somebody wrote is how cents get lost), `amount_not_positive`.
 */
export const parsePositive = <C extends Currency>(text: unknown, currency: C): Money<C> => {
  if (typeof text !== 'string' || text.length > maxLength) throw new BridgeError('amount_invalid', { value: describe(text) })
  if (/^-(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) throw new BridgeError('amount_not_positive', { value: text })
  const match = /^(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text)
  if (!match) throw new BridgeError('amount_invalid', { value: text })
  const [, whole = '0', fraction = ''] = match
  const decimals = decimalsOf(currency)
  if (fraction.length > decimals) throw new BridgeError('amount_too_precise', { value: text, asset: currency, decimals })
  const minor = BigInt(whole + fraction.padEnd(decimals, '0'))
  if (minor === 0n) throw new BridgeError('amount_not_positive', { value: text })
  return money(currency, minor)
}

// Only the type of what is no string: JSON has objects that `String` throws on.
const describe = (value: unknown) => (typeof value === 'string' ? `${value.slice(0, maxLength)}…` : typeof value)
