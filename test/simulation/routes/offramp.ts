import type { OfframpTerms } from '../../../bridge-service/src/transfer/terms.ts'
import { treasury } from '../escrow.ts'
import { bankLeg, common, feeCents, ownAccount, type TermsRequest, unitsPerCent } from './wanted.ts'

const minuteMs = 60_000
// Ten minutes before the hard deadline the house begins no payout any more.
const leastHardMs = 30 * minuteMs

/** Stablecoins to fiat, out of an escrow that the customer locks himself. */
export const offramp = {
  route: 'offramp',
  amountsOf: (cents: bigint) => ({
    paidMinor: (cents * unitsPerCent).toString(),
    feeMinor: (feeCents * unitsPerCent).toString(),
    deliveredMinor: (cents - feeCents).toString(),
  }),
  termsOf: (request: TermsRequest): OfframpTerms => {
    const { wanted, chain, settings, random, nowMs } = request
    const dueAtMs = nowMs + random.between(5, 20) * minuteMs
    const refundAfterMs = dueAtMs + settings.softDeadlineMs
    return {
      ...common(request),
      source: { kind: 'chain', chain, currency: 'USDC', address: wanted.address },
      destination: bankLeg(wanted, 'USD'),
      sourceAmount: { currency: 'USDC', minor: wanted.paidMinor },
      destinationAmount: { currency: 'USD', minor: wanted.deliveredMinor },
      fee: { currency: 'USDC', minor: wanted.feeMinor },
      rate: { from: 'USDC', to: 'USD', numerator: '1', denominator: '1' },
      pool: 'bank:sim:USD',
      payoutAccount: ownAccount,
      deposit: {
        chain,
        finality: settings.finality,
        committedBy: 'escrow',
        dueAt: new Date(dueAtMs).toISOString(),
        terms: {
          ref: random.hex(32),
          currency: 'USDC',
          amountMinor: wanted.paidMinor,
          payer: wanted.address,
          payee: treasury,
          refundAfter: Math.floor(refundAfterMs / 1_000),
          hardDeadline: Math.floor((refundAfterMs + Math.max(settings.hardDeadlineMs, leastHardMs)) / 1_000),
          onExpiry: 'refund',
        },
      },
    }
  },
} as const
