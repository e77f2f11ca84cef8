import type { Currency } from '../../money/currency.ts'
import type { MintRights } from '../chain.ts'
import { minorOf } from './amount.ts'
import type { StellarContext } from './context.ts'

const mostAtOnce = 2n ** 63n - 1n

/** An issuer mints by paying, straight into a hold: all that it takes is its key. Throws `chain_unavailable`. */
export const mintRights = async (
  { horizon, accounts, tokenAddress }: StellarContext,
  currency: Currency,
): Promise<MintRights> => {
  const issuer = tokenAddress(currency).split(':')[1]!
  const isOurs = accounts.issuer === issuer && accounts.keyOf(issuer) !== undefined
  const canMint = isOurs && (await horizon.account(issuer)) !== undefined
  return { locksInEscrow: isOurs, perTransactionMinor: canMint ? minorOf(mostAtOnce, currency).toString() : '0' }
}
