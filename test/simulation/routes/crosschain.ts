import type { CrosschainTerms } from '../../../bridge-service/src/transfer/terms.ts'
import { depositPart } from './offramp.ts'
import { holdPart } from './onramp.ts'
import { common, feeCents, type TermsRequest, unitsPerCent } from './wanted.ts'

/** Stablecoins on one chain to stablecoins on another: out of the customer's escrow here, out of the treasury's there. */
export const crosschain = {
  route: 'crosschain',
  amountsOf: (cents: bigint) => ({
    paidMinor: (cents * unitsPerCent).toString(),
    feeMinor: (feeCents * unitsPerCent).toString(),
    deliveredMinor: ((cents - feeCents) * unitsPerCent).toString(),
  }),
  termsOf: (request: TermsRequest): CrosschainTerms => {
    const { wanted, chain, into, random } = request
    const ref = random.hex(32)
    return {
      ...common(request),
      ...holdPart({ ...request, chain: into }, wanted.deliveredMinor, wanted.address, ref),
      source: { kind: 'chain', chain: chain.id, currency: 'USDC', address: wanted.address },
      destination: { kind: 'chain', chain: into.id, currency: 'USDC', address: wanted.address },
      sourceAmount: { currency: 'USDC', minor: wanted.paidMinor },
      destinationAmount: { currency: 'USDC', minor: wanted.deliveredMinor },
      fee: { currency: 'USDC', minor: wanted.feeMinor },
      rate: { from: 'USDC', to: 'USDC', numerator: '1', denominator: '1' },
      deposit: depositPart(request, ref),
    }
  },
} as const
