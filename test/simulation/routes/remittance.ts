import type { RemittanceTerms } from '../../../bridge-service/src/transfer/terms.ts'
import { holdPart } from './onramp.ts'
import { bankLeg, common, debit, feeCents, partner, partnerAccount, type TermsRequest, unitsPerCent } from './wanted.ts'

/** Fiat to fiat, through a partner who pays out and is paid with the hold. */
export const remittance = {
  route: 'remittance',
  amountsOf: (cents: bigint) => ({
    paidMinor: cents.toString(),
    feeMinor: feeCents.toString(),
    deliveredMinor: (((cents - feeCents) * 9n) / 10n).toString(),
  }),
  termsOf: (request: TermsRequest): RemittanceTerms => {
    const { wanted, chain, random } = request
    const heldMinor = (BigInt(wanted.paidMinor) - BigInt(wanted.feeMinor)) * unitsPerCent
    return {
      ...common(request),
      ...holdPart(request, heldMinor.toString(), partner, random.hex(32)),
      source: bankLeg(wanted, 'USD'),
      destination: bankLeg(wanted, 'EUR'),
      sourceAmount: { currency: 'USD', minor: wanted.paidMinor },
      destinationAmount: { currency: 'EUR', minor: wanted.deliveredMinor },
      fee: { currency: 'USD', minor: wanted.feeMinor },
      rate: { from: 'USD', to: 'EUR', numerator: '9', denominator: '10' },
      ...debit(request),
      payoutAccount: partnerAccount,
      // Where only our own keys can move the escrow, our word is enough.
      commits: chain.flavour === 'evm',
    }
  },
} as const
