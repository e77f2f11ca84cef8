import { BridgeError } from '../errors.ts'
import type { BankLeg, ChainLeg, Leg } from '../transfer/terms.ts'

/** Two legs and the route of a customer's that joins them. */
export type Legs =
  | { readonly route: 'onramp'; readonly source: BankLeg; readonly destination: ChainLeg }
  | { readonly route: 'offramp'; readonly source: ChainLeg; readonly destination: BankLeg }
  | { readonly route: 'remittance'; readonly source: BankLeg; readonly destination: BankLeg }
  | { readonly route: 'crosschain'; readonly source: ChainLeg; readonly destination: ChainLeg }

/** Throws `same_account` for a way from an account to itself, and `route_unsupported` for one within a chain. */
export const joinLegs = (source: Leg, destination: Leg): Legs => {
  if (source.kind === 'bank') {
    if (destination.kind === 'chain') return { route: 'onramp', source, destination }
    if (accountOf(source) === accountOf(destination)) throw new BridgeError('same_account', { path: 'destination' })
    return { route: 'remittance', source, destination }
  }
  if (destination.kind === 'bank') return { route: 'offramp', source, destination }
  if (source.chain === destination.chain)
    throw new BridgeError('route_unsupported', { path: 'destination.chain', reason: 'both ends are on one chain' })
  return { route: 'crosschain', source, destination }
}

const accountOf = ({ account: { accountNumber, routingNumber = '' } }: BankLeg) => `${routingNumber} ${accountNumber}`
