import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { formatDecimal, type Money, money } from '../money/money.ts'

/**
 * The most that one transfer may move, in minor units of its source currency, and of what arrives where that has a limit, too. Nothing starts
 * from a currency without one.
 */
export type Limits = ReadonlyMap<Currency, bigint>

/** Throws `amount_over_limit`. */
export const assertWithinLimit = (limits: Limits, amount: Money): void => {
  const maximum = limits.get(amount.currency) ?? 0n
  if (amount.minor > maximum)
    throw new BridgeError('amount_over_limit', { asset: amount.currency, limit: formatDecimal(money(amount.currency, maximum)) })
}
