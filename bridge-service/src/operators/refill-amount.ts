import type { LowWater } from '../liquidity/low-water.ts'
import { type Money, money } from '../money/money.ts'
import { atParUp } from '../policy/rebalance.ts'

type Level = { readonly available: Money; readonly mark: LowWater | undefined }

/** What fills a pool up to its `refillTo` out of another, but never below that one's own mark. Not above zero where there is nothing to spare. */
export const refillAmount = (giving: Level, getting: Level): Money => {
  const { currency } = giving.available
  const missing = atParUp(money(getting.available.currency, getting.mark!.refillTo! - getting.available.minor), currency)
  const spare = giving.available.minor - (giving.mark?.alertMinor ?? 0n)
  return money(currency, missing.minor < spare ? missing.minor : spare)
}
