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
  const minorRate = minorRateOf(rate)
  const numerator = amount.minor * minorRate.numerator
  const { denominator } = minorRate
  return { converted: money(rate.to, numerator / denominator), residue: numerator % denominator, residueDenominator: denominator }
}

/** The least that `convertDown` makes `converted` of, or more where a minor unit of `from` is worth several of `to`. */
export const leastConvertedTo = (converted: Money, rate: Rate): Money => {
  const { numerator, denominator } = minorRateOf(rate)
  return money(rate.from, divideUp(converted.minor * denominator, numerator))
}

/** Minor units of `to` for one minor unit of `from`. */
const minorRateOf = (rate: Rate) => ({
  numerator: rate.numerator * 10n ** BigInt(decimalsOf(rate.to)),
  denominator: rate.denominator * 10n ** BigInt(decimalsOf(rate.from)),
})

/** Of what is not negative. */
export const divideUp = (numerator: bigint, denominator: bigint): bigint => (numerator + denominator - 1n) / denominator

/** Basis points of an amount, rounded up: a fee never rounds to less than the schedule says. */
export const basisPointsUp = <C extends Currency>(amount: Money<C>, bps: bigint): Money<C> =>
  money(amount.currency, divideUp(amount.minor * bps, 10_000n))

/** A rate that gives less by a spread, still exact. */
export const withSpread = <R extends Rate>(rate: R, spreadBps: bigint): R =>
  spreadBps === 0n
    ? rate
    : { ...rate, numerator: rate.numerator * (10_000n - spreadBps), denominator: rate.denominator * 10_000n }

/** True when a rate is further from another of its pair than so many basis points of that other one. */
export const movedMore = (rate: Rate, before: Rate, bps: bigint): boolean => {
  const [now, then] = [rate.numerator * before.denominator, before.numerator * rate.denominator]
  return (now > then ? now - then : then - now) * 10_000n > then * bps
}
