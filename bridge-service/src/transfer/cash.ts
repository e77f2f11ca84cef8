import { BridgeError } from '../errors.ts'
import { account } from '../ledger/chart.ts'
import type { Leg } from './terms.ts'

/** Our own account at the bank of this end of a transfer, in the ledger. Throws `internal` for an end on a chain. */
export const cashOf = (leg: Leg): string => {
  if (leg.kind !== 'bank') throw new BridgeError('internal', { reason: 'no bank at this end' })
  return account.bankCash(leg.rail, leg.currency)
}
