import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey } from '../ledger/account-id.ts'
import { type AssetId, assetIdOf, issuerOf, native } from '../ledger/asset.ts'
import { claimableBalanceId } from '../ledger/claimable-balance-id.ts'
import { type ClaimableBalance, unsponsored } from '../ledger/entry.ts'
import { accountFlags, isSet } from '../ledger/flags.ts'
import { available, lineOf } from '../ledger/funds.ts'
import { absolute, isWellFormed } from '../ledger/predicate.ts'
import { createEntry } from '../ledger/reserve.ts'
import { accountIn } from '../ledger/scope.ts'
import { define } from './define.ts'
import type { Applying } from './operation.ts'
import { refusedReserve } from './refused-reserve.ts'

const created = (id: string) =>
  xdr.OperationResultTr.createClaimableBalance(
    xdr.CreateClaimableBalanceResult.createClaimableBalanceSuccess(
      xdr.ClaimableBalanceId.claimableBalanceIdTypeV0(Buffer.from(id, 'hex')),
    ),
  )

export const createClaimableBalance = define('createClaimableBalance', {
  threshold: 'medium',
  malformed: ({ asset, amount, claimants }) => {
    const destinations = new Set(claimants.map(({ v0 }) => accountIdOfKey(v0.destination)))
    const wellFormed =
      assetIdOf(asset) !== undefined &&
      amount > 0n &&
      claimants.length > 0 &&
      destinations.size === claimants.length &&
      claimants.every(({ v0 }) => isWellFormed(v0.predicate))
    return wellFormed ? undefined : 'createClaimableBalanceMalformed'
  },
  apply: ({ asset, amount, claimants }, on) => {
    const id = assetIdOf(asset)!
    const taken = take(on, id, amount)
    if (typeof taken === 'string') return taken
    const balance: ClaimableBalance = {
      ...unsponsored,
      kind: 'claimableBalance',
      id: claimableBalanceId(on.transaction, on.index),
      asset: id,
      amount,
      clawbackEnabled: taken.clawbackEnabled,
      claimants: claimants.map(({ v0: { destination, predicate } }) => ({
        destination: accountIdOfKey(destination),
        predicate: absolute(predicate, on.ledger.closeTime),
      })),
    }
    const refusal = createEntry(on, balance, accountIn(on.scope, on.source)!)
    return refusal ? refusedReserve(refusal, 'createClaimableBalanceLowReserve') : created(balance.id)
  },
  result: code => xdr.OperationResultTr.createClaimableBalance(xdr.CreateClaimableBalanceResult[code]()),
  success: created('00'.repeat(32)),
})

type Refusal = 'createClaimableBalanceUnderfunded' | 'createClaimableBalanceNoTrust' | 'createClaimableBalanceNotAuthorized'

/** Takes the amount from the creator; the balance inherits whether his line (an issuer: his account) allows clawback. */
const take = (on: Applying, asset: AssetId, amount: bigint): { clawbackEnabled: boolean } | Refusal => {
  const source = accountIn(on.scope, on.source)!
  if (asset === native) {
    if (available(source, on.baseReserve) < amount) return 'createClaimableBalanceUnderfunded'
    on.scope.put({ ...source, balance: source.balance - amount })
    return { clawbackEnabled: false }
  }
  const line = lineOf(on.scope, on.source, asset)
  if (!line) return 'createClaimableBalanceNoTrust'
  if (!line.authorized) return 'createClaimableBalanceNotAuthorized'
  if (!line.add(-amount)) return 'createClaimableBalanceUnderfunded'
  const issued = issuerOf(asset) === on.source
  return { clawbackEnabled: issued ? isSet(source.flags, accountFlags.clawback) : line.clawbackEnabled }
}
