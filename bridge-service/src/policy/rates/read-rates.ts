import { z } from 'zod'
import { type Currency, isCurrency } from '../../money/currency.ts'
import type { Rate } from '../../money/rate.ts'

export type DatedRate = Rate & { readonly asOf: string }
export type DatedRates = ReadonlyMap<string, DatedRate>

export const pairOf = (from: Currency, to: Currency): string => `${from}/${to}`

// Wider than any rate in existence, narrow enough that nobody makes us multiply megabytes of digits.
const decimal = z.string().regex(/^(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?$/, 'a plain decimal string')
const document = z.object({
  rates: z
    .array(z.object({ from: z.string(), to: z.string(), rate: decimal, asOf: z.iso.datetime({ offset: true }) }))
    .max(1_000),
})

/**
 * Reads `{"rates": [{"from": "EUR", "to": "USDC", "rate": "1.0831", "asOf": "2026-03-02T10:00:00Z"}]}`: units of `to` for one of `from`, as a
 * decimal string, which becomes an exact ratio and never a float. Currencies that are not ours are passed over. Throws for anything else:
 * who writes one rate wrong is not to be believed about the others.
 */
export const readRates = (text: string): DatedRates => {
  const rates = new Map<string, DatedRate>()
  for (const { from, to, rate, asOf } of document.parse(JSON.parse(text)).rates) {
    if (!isCurrency(from) || !isCurrency(to)) continue
    const [whole = '', fraction = ''] = rate.split('.')
    const numerator = BigInt(whole + fraction)
    if (numerator === 0n) throw new Error(`${from}/${to} is zero`)
    if (rates.has(pairOf(from, to))) throw new Error(`${from}/${to} is there twice`)
    rates.set(pairOf(from, to), {
      from,
      to,
      numerator,
      denominator: 10n ** BigInt(fraction.length),
      asOf: new Date(asOf).toISOString(),
    })
  }
  return rates
}
