import { movedMore, type Rate } from '../../money/rate.ts'
import { type QuotedRate, type RateSource, rateUnavailable } from './rate-source.ts'
import { pairOf } from './read-rates.ts'

export type RateGuard = {
  /** How old a rate may be that somebody is given. */
  readonly maxAgeMs: number
  /** How far a rate may be from the last good one of its pair, and from the one that the present window began with. */
  readonly maxMoveBps: bigint
  readonly moveWindowMs: number
}

// Against the last one alone, a feed could walk anywhere in small steps.
type Good = { readonly last: Rate; readonly first: Rate; readonly sinceMs: number }

// Clocks differ; a rate from further ahead would count as fresh for as long as its source likes.
const maxAheadMs = 60_000

/**
 * A source that is not believed: what is too old, from the future, or too far from the last good rate is `rate_unavailable`, and nothing is
 * sold at it. `references` are the good rates to begin with; a pair without one takes the first rate it is told. `nowMs` is database time.
 */
export const guardedRates = (
  source: RateSource,
  { maxAgeMs, maxMoveBps, moveWindowMs }: RateGuard,
  references: readonly Rate[],
  nowMs: () => number,
): RateSource => {
  const good = new Map<string, Good>(
    references.map(rate => [pairOf(rate.from, rate.to), { last: rate, first: rate, sinceMs: nowMs() }]),
  )
  const isOver = ({ sinceMs }: Good) => nowMs() - sinceMs > moveWindowMs
  const remember = (rate: Rate, pair: string) => {
    const before = good.get(pair)
    const goesOn = before !== undefined && !isOver(before)
    good.set(pair, goesOn ? { ...before, last: rate } : { last: rate, first: before?.last ?? rate, sinceMs: nowMs() })
  }

  const faultOf = (rate: QuotedRate, pair: string): string | undefined => {
    const ageMs = rate.asOf === null ? 0 : nowMs() - Date.parse(rate.asOf)
    if (ageMs > maxAgeMs) return `${pair} is ${ageMs} ms old`
    if (ageMs < -maxAheadMs) return `${pair} is of ${rate.asOf}, which is still to come`
    const before = good.get(pair)
    const standards = before === undefined ? [] : isOver(before) ? [before.last] : [before.last, before.first]
    const far = standards.find(standard => movedMore(rate, standard, maxMoveBps))
    return far && `${pair} is ${ratioOf(rate)}, more than ${maxMoveBps} basis points from ${ratioOf(far)}`
  }

  return {
    rateOf: async (from, to) => {
      const answer = await source.rateOf(from, to)
      if (answer.kind === 'refused') return answer
      const pair = pairOf(from, to)
      const fault = faultOf(answer.value, pair)
      if (fault !== undefined) return rateUnavailable(fault)
      remember(answer.value, pair)
      return answer
    },
  }
}

const ratioOf = ({ numerator, denominator }: Rate): string => `${numerator}/${denominator}`
