import type { Currency } from '../money/currency.ts'
import { fromJson, money, toJson } from '../money/money.ts'
import type { FeeTerms, PriceTerms } from '../transfer/terms.ts'
import type { FeePart } from './fees.ts'
import type { Price } from './pricing.ts'

/** A price as it is kept. */
export const priceTermsOf = ({ sourceAmount, destinationAmount, fee, fees, rate, residue, remainder }: Price): PriceTerms => ({
  sourceAmount: toJson(sourceAmount),
  destinationAmount: toJson(destinationAmount),
  fee: toJson(fee),
  fees: fees.map(feeTermsOf),
  rate: { ...rate, numerator: rate.numerator.toString(), denominator: rate.denominator.toString() },
  residue: toJson(residue),
  remainder: { numerator: remainder.numerator.toString(), denominator: remainder.denominator.toString() },
})

/** The price that was kept; nothing is worked out anew. A quote of the version before had one fee and a rate of the house, and kept no rest. */
export const priceFrom = ({ fees, rate, residue, remainder, ...terms }: PriceTerms): Price => {
  const { currency } = terms.fee
  return {
    sourceAmount: fromJson(terms.sourceAmount),
    destinationAmount: fromJson(terms.destinationAmount),
    fee: fromJson(terms.fee),
    fees: (fees ?? []).map(part => feePartOf(part, currency)),
    rate: {
      ...rate,
      numerator: BigInt(rate.numerator),
      denominator: BigInt(rate.denominator),
      asOf: rate.asOf ?? null,
      source: rate.source ?? 'house',
    },
    residue: fromJson(residue ?? { currency, minor: '0' }),
    remainder: { numerator: BigInt(remainder?.numerator ?? 0), denominator: BigInt(remainder?.denominator ?? 1) },
  }
}

const feeTermsOf = (part: FeePart): FeeTerms => {
  const minor = part.amount.minor.toString()
  switch (part.kind) {
    case 'fixed':
      return { kind: 'fixed', minor }
    case 'bps':
      return { kind: 'bps', minor, bps: part.bps.toString() }
    case 'network':
      return { kind: 'network', minor, place: part.place }
  }
}

const feePartOf = (part: FeeTerms, currency: Currency): FeePart => {
  const amount = money(currency, BigInt(part.minor))
  switch (part.kind) {
    case 'fixed':
      return { kind: 'fixed', amount }
    case 'bps':
      return { kind: 'bps', amount, bps: BigInt(part.bps) }
    case 'network':
      return { kind: 'network', amount, place: part.place }
  }
}
