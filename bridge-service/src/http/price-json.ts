import { z } from 'zod'
import { fromJson, money } from '../money/money.ts'
import type { PriceTerms } from '../transfer/terms.ts'
import { amountJson, rate, shownAmount } from './schemas.ts'

const feePart = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('fixed'), amount: shownAmount }),
    z.object({
      kind: z.literal('bps'),
      amount: shownAmount,
      bps: z.string().describe('Basis points of `amount`, within bounds.'),
    }),
    z.object({ kind: z.literal('network'), amount: shownAmount, place: z.string().describe('The chain or the rail.') }),
  ])
  .meta({ id: 'FeePart' })

/** What a price shows, in a quote and in a transfer. */
export const priceShape = {
  amount: shownAmount.describe('What leaves the source, fee included.'),
  fee: shownAmount.describe('The sum of `fees`.'),
  fees: z.array(feePart).describe('What the fee is made of.'),
  destinationAmount: shownAmount.describe('What reaches the destination.'),
  rate,
  residue: shownAmount
    .nullable()
    .describe('What rounding left over in whole minor units, of the source or of the destination. It is booked as `rounding`.'),
}
const schema = z.object(priceShape)

export const priceJson = (terms: PriceTerms): z.output<typeof schema> => {
  const { rate, fee, fees = [], residue } = terms
  return {
    amount: amountJson(fromJson(terms.sourceAmount)),
    fee: amountJson(fromJson(fee)),
    fees: fees.map(({ minor, ...part }) => ({ ...part, amount: amountJson(money(fee.currency, BigInt(minor))) })),
    destinationAmount: amountJson(fromJson(terms.destinationAmount)),
    rate: { ...rate, asOf: rate.asOf ?? null, source: rate.source ?? null },
    residue: residue === undefined ? null : amountJson(fromJson(residue)),
  }
}
