import type { Deposit, OfframpTerms } from '../../../bridge-service/src/transfer/terms.ts'
import { addressOf } from '../chain/at-address.ts'
import { treasury } from '../chain/escrow.ts'
import { bankLeg, common, feeCents, ownAccount, type TermsRequest, unitsPerCent } from './wanted.ts'

const minuteMs = 60_000
// An hour before the hard deadline the house begins nothing any more that it could not take back.
const moreHardMs = 30 * minuteMs

/** Stablecoins to fiat, out of an escrow that the customer locks himself. */
export const offramp = {
  route: 'offramp',
  amountsOf: (cents: bigint) => ({
    paidMinor: (cents * unitsPerCent).toString(),
    feeMinor: (feeCents * unitsPerCent).toString(),
    deliveredMinor: (cents - feeCents).toString(),
  }),
  termsOf: (request: TermsRequest): OfframpTerms => {
    const { wanted, chain, random } = request
    return {
      ...common(request),
      source: { kind: 'chain', chain: chain.id, currency: 'USDC', address: wanted.address },
      destination: bankLeg(wanted, 'USD'),
      sourceAmount: { currency: 'USDC', minor: wanted.paidMinor },
      destinationAmount: { currency: 'USD', minor: wanted.deliveredMinor },
      fee: { currency: 'USDC', minor: wanted.feeMinor },
      rate: { from: 'USDC', to: 'USD', numerator: '1', denominator: '1' },
      pool: 'bank:sim:USD',
      payoutAccount: ownAccount,
      deposit: depositPart(request, random.hex(32)),
    }
  },
} as const

/** The escrow that the customer locks himself, or that is locked from the address that he transfers to. */
export const depositPart = ({ wanted, chain, settings, random, nowMs }: TermsRequest, ref: `0x${string}`): Deposit => {
  const dueAtMs = nowMs + random.between(5, 20) * minuteMs
  const refundAfterMs = dueAtMs + settings.softDeadlineMs
  const own: Deposit['terms'] = {
    ...{ ref, currency: 'USDC', amountMinor: wanted.paidMinor, payer: wanted.address, payee: treasury },
    refundAfter: Math.floor(refundAfterMs / 1_000),
    hardDeadline: Math.floor((refundAfterMs + settings.hardDeadlineMs + moreHardMs) / 1_000),
    onExpiry: 'refund',
  }
  return {
    chain: chain.id,
    finality: chain.finality,
    committedBy: chain.flavour === 'stellar' ? 'balance' : 'escrow',
    dueAt: new Date(dueAtMs).toISOString(),
    ...(wanted.depositBy === 'transfer' ? { terms: { ...own, payer: addressOf(own) }, refundTo: own.payer } : { terms: own }),
  }
}
