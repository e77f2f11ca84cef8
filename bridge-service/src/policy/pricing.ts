import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { add, type Money, money, subtract } from '../money/money.ts'
import { basisPointsUp, convertDown, type Rate } from '../money/rate.ts'

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

/** The rate from a static table; the same currency on both sides of the peg is 1. Throws `route_unsupported` for a pair without one. */
export const rateFrom = (table: readonly Rate[], from: Currency, to: Currency): Rate => {
  const rate = table.find(entry => entry.from === from && entry.to === to)
  if (rate === undefined) throw new BridgeError('route_unsupported', { from, to })
  return rate
}
