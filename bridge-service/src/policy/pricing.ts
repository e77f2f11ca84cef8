import { BridgeError } from '../errors.ts'
import { type Money, subtract } from '../money/money.ts'
import { convertDown, leastConvertedTo } from '../money/rate.ts'
import { type FeePart, feeParts, leastPaidFor, type Tariff, totalOf } from './fees.ts'
import type { QuotedRate } from './rates/rate-source.ts'

/** The side of a transfer whose amount is given; the other one follows. */
export type FixedAmount = { readonly side: 'source' | 'destination'; readonly amount: Money }

export type Price = {
  /** What leaves the source, fee included. */
  readonly sourceAmount: Money
  /** The sum of `fees`, in the source's currency. */
  readonly fee: Money
  readonly fees: readonly FeePart[]
  readonly destinationAmount: Money
  readonly rate: QuotedRate
  /** What is left over in whole minor units, of the source or of the destination: posted as `rounding`. */
  readonly residue: Money
  /** What is left over besides, less than a minor unit of either, as a ratio in minor units of the destination. */
  readonly remainder: { readonly numerator: bigint; readonly denominator: bigint }
}

/**
 * What a fixed amount becomes on the other side. Every rounding is in the house's favour by less than one minor unit of the coarser side, and
 * what it leaves over is said (docs/adr/0011). An amount fixed at the destination arrives exactly, and costs the least that brings it.
 * Throws `amount_under_minimum` when nothing would arrive.
 */
export const price = ({ side, amount }: FixedAmount, tariff: Tariff, rate: QuotedRate): Price =>
  side === 'source' ? priceOfPaid(amount, tariff, rate) : priceOfDelivered(amount, tariff, rate)

const priceOfPaid = (paid: Money, tariff: Tariff, rate: QuotedRate): Price => {
  const fees = feeParts(paid, tariff)
  const fee = totalOf(fees, paid.currency)
  const net = subtract(paid, fee)
  const { converted } = convertDown(net, rate)
  if (net.minor <= 0n || converted.minor <= 0n)
    throw new BridgeError('amount_under_minimum', { feeMinor: fee.minor.toString(), asset: paid.currency })
  return priceOf(paid, fees, converted, rate)
}

const priceOfDelivered = (delivered: Money, tariff: Tariff, rate: QuotedRate): Price => {
  const paid = leastPaidFor(leastConvertedTo(delivered, rate), tariff)
  return priceOf(paid, feeParts(paid, tariff), delivered, rate)
}

const priceOf = (sourceAmount: Money, fees: readonly FeePart[], destinationAmount: Money, rate: QuotedRate): Price => {
  const fee = totalOf(fees, sourceAmount.currency)
  const used = leastConvertedTo(destinationAmount, rate)
  const unused = subtract(subtract(sourceAmount, fee), used)
  const bought = convertDown(used, rate)
  return {
    sourceAmount,
    fee,
    fees,
    destinationAmount,
    rate,
    // Never both: where a unit of the source buys several of the destination all of it is used, and elsewhere nothing more is bought.
    residue: unused.minor > 0n ? unused : subtract(bought.converted, destinationAmount),
    remainder: { numerator: bought.residue, denominator: bought.residueDenominator },
  }
}
