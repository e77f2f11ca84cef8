import { type Currency, decimalsOf } from './currency.ts'
import { type Money, money } from './money.ts'

/** Units of `to` for one unit of `from`, as an exact ratio: 1 EUR = 1.0831 USD is 10831 / 10000. */
export type Rate = {
  readonly from: Currency
  readonly to: Currency
  readonly numerator: bigint
  readonly denominator: bigint
}

export type Conversion<C extends Currency = Currency> = {
  readonly converted: Money<C>
  /** What rounding left over, in units of 1 / `residueDenominator` of a minor unit of `to`. It is booked, never dropped. */
  readonly residue: bigint
  readonly residueDenominator: bigint
}

/** Rounds down: the customer is never promised a fraction that nobody holds. */
export const convertDown = (amount: Money, rate: Rate): Conversion => {
  const scaleUp = 10n ** BigInt(decimalsOf(rate.to))
  const scaleDown = 10n ** BigInt(decimalsOf(rate.from))
  const numerator = amount.minor * rate.numerator * scaleUp
  const denominator = rate.denominator * scaleDown
  return { converted: money(rate.to, numerator / denominator), residue: numerator % denominator, residueDenominator: denominator }
}

/** Basis points of an amount, rounded up: a fee never rounds to less than the schedule says. */
export const basisPointsUp = <C extends Currency>(amount: Money<C>, bps: bigint): Money<C> =>
  money(amount.currency, (amount.minor * bps + 9_999n) / 10_000n)
