import { Operation, type xdr } from '@stellar/stellar-sdk'
import { showStroops } from './amount.ts'
import { assetOf } from './asset.ts'
import { type ClaimRule, claimantOf } from './claimants.ts'
import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'
import type { Watermark } from './horizon.ts'

export type NewBalance = {
  readonly token: string
  readonly stroops: bigint
  readonly creator: string
  readonly claimants: readonly ClaimRule[]
}

/** The operations that create a balance, whose reserves (one per claimant) our sponsor carries, whoever creates it. */
export const createBalance = (sponsor: string, { token, stroops, creator, claimants }: NewBalance): xdr.Operation[] => {
  const create = Operation.createClaimableBalance({
    asset: assetOf(token),
    amount: showStroops(stroops),
    claimants: claimants.map(claimantOf),
    source: creator,
  })
  if (sponsor === creator) return [create]
  return [
    Operation.beginSponsoringFutureReserves({ sponsoredId: creator, source: sponsor }),
    create,
    Operation.endSponsoringFutureReserves({ source: creator }),
  ]
}

/**
 * Throws `chain_unavailable` while the sponsor cannot carry another balance of two claimants: that is our own want of lumens, no refusal
 * of the customer's wish, and the notice tells an operator.
 */
export const assertReserve = async ({ horizon, accounts, notify }: StellarContext, { baseReserve }: Watermark): Promise<void> => {
  const sponsor = await horizon.account(accounts.sponsor)
  if (sponsor === undefined) throw unavailable('the sponsor is not on the ledger', { account: accounts.sponsor })
  const [spare, needed] = [sponsor.spareNative(baseReserve), 2n * baseReserve]
  if (spare >= needed) return
  notify({ type: 'reserveLow', account: accounts.sponsor, spare: spare.toString(), needed: needed.toString() })
  throw unavailable('the sponsor has no lumens left for reserves', { account: accounts.sponsor })
}
