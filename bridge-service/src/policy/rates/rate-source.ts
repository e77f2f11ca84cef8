import type { Currency } from '../../money/currency.ts'
import type { Rate } from '../../money/rate.ts'

/** A rate, when it was true and who said so. */
export type QuotedRate = Rate & {
  /** ISO 8601; null for a rate that the house has set for good. */
  readonly asOf: string | null
  readonly source: string
}

/** `route_unsupported`: the pair is not traded. `rate_unavailable`: it is, and nobody can say at which rate now. `detail` is for operators. */
export type RateRefused = {
  readonly kind: 'refused'
  readonly code: 'route_unsupported' | 'rate_unavailable'
  readonly detail: string
}

export type RateAnswer = { readonly kind: 'done'; readonly value: QuotedRate } | RateRefused

/** Port to whoever knows rates. A rate has a direction: the other way round is another pair. Answers in bounded time and never throws. */
export type RateSource = { readonly rateOf: (from: Currency, to: Currency) => Promise<RateAnswer> }

export const rateUnavailable = (detail: string): RateRefused => ({ kind: 'refused', code: 'rate_unavailable', detail })
