import { movedMore, type Rate } from '../../money/rate.ts'
import { type QuotedRate, type RateSource, rateUnavailable } from './rate-source.ts'
import { pairOf } from './read-rates.ts'

export type RateGuard = {
  /** How old a rate may be that somebody is given. */
  readonly maxAgeMs: number
  /** How far a rate may be from the last good one of its pair. */
  readonly maxMoveBps: bigint
}

// Clocks differ; a rate from further ahead would count as fresh for as long as its source likes.
const maxAheadMs = 60_000

/**
 * A source that is not believed: what is too old, from the future, or too far from the last good rate is `rate_unavailable`, and nothing is
 * sold at it. `references` are the good rates to begin with; a pair without one takes the first rate it is told. `nowMs` is database time.
 */
export const guardedRates = (
  source: RateSource,
  { maxAgeMs, maxMoveBps }: RateGuard,
  references: readonly Rate[],
  nowMs: () => number,
): RateSource => {
  const good = new Map<string, Rate>(references.map(rate => [pairOf(rate.from, rate.to), rate]))

  const faultOf = (rate: QuotedRate, pair: string): string | undefined => {
    const ageMs = rate.asOf === null ? 0 : nowMs() - Date.parse(rate.asOf)
    if (ageMs > maxAgeMs) return `${pair} is ${ageMs} ms old`
    if (ageMs < -maxAheadMs) return `${pair} is of ${rate.asOf}, which is still to come`
    const last = good.get(pair)
    if (last !== undefined && movedMore(rate, last, maxMoveBps))
      return `${pair} is ${ratioOf(rate)}, more than ${maxMoveBps} basis points from ${ratioOf(last)}`
    return undefined
  }

  return {
    rateOf: async (from, to) => {
      const answer = await source.rateOf(from, to)
      if (answer.kind === 'refused') return answer
      const pair = pairOf(from, to)
      const fault = faultOf(answer.value, pair)
      if (fault !== undefined) return rateUnavailable(fault)
      good.set(pair, answer.value)
      return answer
    },
  }
}

const ratioOf = ({ numerator, denominator }: Rate): string => `${numerator}/${denominator}`
