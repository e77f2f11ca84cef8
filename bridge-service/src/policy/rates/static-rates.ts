import type { QuotedRate, RateSource } from './rate-source.ts'

/** Rates from a table. */
export const staticRates = (table: readonly QuotedRate[]): RateSource => ({
  rateOf: async (from, to) => {
    const rate = table.find(entry => entry.from === from && entry.to === to)
    return rate === undefined
      ? { kind: 'refused', code: 'route_unsupported', detail: `no rate from ${from} to ${to}` }
      : { kind: 'done', value: rate }
  },
})
