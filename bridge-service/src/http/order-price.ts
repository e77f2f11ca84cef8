import type { Config } from '../config.ts'
import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { parsePositive } from '../money/decimal.ts'
import { type Passage, placeOf, tariffFor } from '../policy/fees.ts'
import { assertWithinLimit } from '../policy/limits.ts'
import { type FixedAmount, type Price, price } from '../policy/pricing.ts'
import type { RateSource } from '../policy/rates/rate-source.ts'
import type { Route } from '../transfer/terms.ts'
import { atField } from './at-field.ts'

/** The amount of an order as it was written: of one of its two sides. */
export type AskedAmount = { readonly side: FixedAmount['side']; readonly value: string; readonly path: string }

type Side = Passage & { readonly currency: Currency }

export type Pricing = { readonly config: Pick<Config, 'policy'>; readonly rates: RateSource }

/**
 * The house's price at this moment, from one leg to the other. Throws the codes of amounts, `route_unsupported`, and `rate_unavailable` while
 * there is no good rate: then nothing is sold.
 */
export const priceOrder = async (
  route: Route,
  source: Side,
  destination: Side,
  { side, value, path }: AskedAmount,
  { config: { policy }, rates }: Pricing,
): Promise<Price> => {
  const amount = atField(path, () => parsePositive(value, side === 'source' ? source.currency : destination.currency))
  const limits = new Map(Object.entries(policy.limits) as [Currency, bigint][])
  // Before anybody is asked for a rate.
  if (side === 'source') atField(path, () => assertWithinLimit(limits, amount))
  const tariff = tariffFor(policy.fees, route, source.currency, [placeOf(source), placeOf(destination)])
  const answer = await rates.rateOf(source.currency, destination.currency)
  if (answer.kind === 'refused') throw new BridgeError(answer.code, { path: 'destination.asset', reason: answer.detail })
  return atField(path, () => {
    const priced = price({ side, amount }, tariff, answer.value)
    assertWithinLimit(limits, priced.sourceAmount)
    if (limits.has(destination.currency)) assertWithinLimit(limits, priced.destinationAmount)
    return priced
  })
}
