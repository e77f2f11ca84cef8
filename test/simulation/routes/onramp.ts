import type { OnrampTerms } from '../../../bridge-service/src/transfer/terms.ts'
import { mintPayer, treasury } from '../chain/escrow.ts'
import { bankLeg, common, debit, feeCents, type TermsRequest, unitsPerCent } from './wanted.ts'

/** Fiat to stablecoins. */
export const onramp = {
  route: 'onramp',
  amountsOf: (cents: bigint) => ({
    paidMinor: cents.toString(),
    feeMinor: feeCents.toString(),
    deliveredMinor: ((cents - feeCents) * unitsPerCent).toString(),
  }),
  termsOf: (request: TermsRequest): OnrampTerms => {
    const { wanted, chain, random } = request
    return {
      ...common(request),
      ...holdPart(request, wanted.deliveredMinor, wanted.address, random.hex(32)),
      source: bankLeg(wanted, 'USD'),
      destination: { kind: 'chain', chain: chain.id, currency: 'USDC', address: wanted.address },
      sourceAmount: { currency: 'USD', minor: wanted.paidMinor },
      destinationAmount: { currency: 'USDC', minor: wanted.deliveredMinor },
      fee: { currency: 'USD', minor: wanted.feeMinor },
      rate: { from: 'USD', to: 'USDC', numerator: '1', denominator: '1' },
      ...debit(request),
    }
  },
} as const

/** The escrow that the treasury pays into, or that is minted. */
export const holdPart = (
  { chain, settings }: Pick<TermsRequest, 'chain' | 'settings'>,
  amountMinor: string,
  payee: string,
  ref: `0x${string}`,
) =>
  ({
    chain: chain.id,
    finality: chain.finality,
    funding: settings.funding,
    pool: `${chain.id}:USDC`,
    hold: {
      ref,
      currency: 'USDC',
      amountMinor,
      payer: settings.funding === 'mint' ? mintPayer : treasury,
      payee,
      onExpiry: 'release',
      softDeadlineMs: settings.softDeadlineMs,
      hardDeadlineMs: settings.hardDeadlineMs,
    },
  }) as const
