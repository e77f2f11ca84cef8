import type { Currency } from '../../money/currency.ts'
import { withSpread } from '../../money/rate.ts'
import { guardedRates, type RateGuard } from './guarded-rates.ts'
import type { RateSource } from './rate-source.ts'
import { staticRates } from './static-rates.ts'

type Ratio = { readonly numerator: bigint; readonly denominator: bigint }

/** A pair that is traded, in one direction: at a rate of ours, or at the feed's. The spread is what we keep of either. */
export type RatePair = { readonly from: Currency; readonly to: Currency; readonly spreadBps: bigint } & (
  | (Ratio & { readonly asOf?: string | undefined })
  | { readonly feed: true; readonly reference?: Ratio | undefined }
)

/** The rates that the house trades at: what is no pair of it is `route_unsupported`, also when it could be made of others. */
export const houseRates = (
  pairs: readonly RatePair[],
  guard: RateGuard,
  feed: RateSource | undefined,
  nowMs: () => number,
): RateSource => {
  const own = pairs.flatMap(pair =>
    'feed' in pair
      ? []
      : {
          from: pair.from,
          to: pair.to,
          numerator: pair.numerator,
          denominator: pair.denominator,
          asOf: pair.asOf ?? null,
          source: 'house',
        },
  )
  const references = pairs.flatMap(pair =>
    'feed' in pair && pair.reference ? { from: pair.from, to: pair.to, ...pair.reference } : [],
  )
  const table = guardedRates(staticRates(own), guard, [], nowMs)
  const market = feed && guardedRates(feed, guard, references, nowMs)
  return {
    rateOf: async (from, to) => {
      const pair = pairs.find(entry => entry.from === from && entry.to === to)
      const answer = await (pair !== undefined && 'feed' in pair && market ? market : table).rateOf(from, to)
      return pair === undefined || answer.kind === 'refused'
        ? answer
        : { kind: 'done', value: withSpread(answer.value, pair.spreadBps) }
    },
  }
}
