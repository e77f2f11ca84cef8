import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { add, type Money, money, subtract } from '../money/money.ts'
import { basisPointsUp, convertDown, divideUp, leastConvertedTo, type Rate } from '../money/rate.ts'

/** The fee of a route: a fixed part in minor units of the source currency, and basis points of the source amount. */
export type FeeSchedule = { readonly fixedMinor: bigint; readonly bps: bigint }

export type Price = {
  /** What leaves the source, fee included. */
  readonly sourceAmount: Money
  readonly fee: Money
  readonly destinationAmount: Money
  readonly rate: Rate
}

/**
 * What a source amount becomes at the destination. Fees round up, conversion rounds down, both in our favour by less than one minor unit.
 * Throws `amount_under_minimum` when nothing would arrive.
 */
export const price = (sourceAmount: Money, schedule: FeeSchedule, rate: Rate): Price => {
  const fee = add(money(sourceAmount.currency, schedule.fixedMinor), basisPointsUp(sourceAmount, schedule.bps))
  const net = subtract(sourceAmount, fee)
  const { converted } = convertDown(net, rate)
  if (net.minor <= 0n || converted.minor <= 0n)
    throw new BridgeError('amount_under_minimum', { feeMinor: fee.minor.toString(), asset: sourceAmount.currency })
  return { sourceAmount, fee, destinationAmount: converted, rate }
}

/**
 * The least that must leave the source so that this arrives: what `price` makes of it is `destinationAmount`, or less than a minor unit of the
 * source more. Throws `amount_under_minimum` when fees take all there is.
 */
export const leastSourceFor = (destinationAmount: Money, schedule: FeeSchedule, rate: Rate): Money => {
  const net = leastConvertedTo(destinationAmount, rate)
  // What the basis points leave of n minor units is floor(n * share / 10,000), since the fee is rounded up.
  const share = 10_000n - schedule.bps
  if (share <= 0n) throw new BridgeError('amount_under_minimum', { asset: rate.from })
  return money(rate.from, divideUp((net.minor + schedule.fixedMinor) * 10_000n, share))
}

/** The rate from a static table; the same currency on both sides of the peg is 1. Throws `route_unsupported` for a pair without one. */
export const rateFrom = (table: readonly Rate[], from: Currency, to: Currency): Rate => {
  const rate = table.find(entry => entry.from === from && entry.to === to)
  if (rate === undefined) throw new BridgeError('route_unsupported', { from, to })
  return rate
}
