import type { AccountId } from './account-id.ts'
import { type AssetId, issuerOf } from './asset.ts'
import type { Account, Trustline } from './entry.ts'
import { isSet, lineFlags } from './flags.ts'
import { type Scope, trustlineIn } from './scope.ts'

export const maxInt64 = 2n ** 63n - 1n

/** Stroops that an account must keep for its own two reserves, its subentries and what it sponsors. */
export const minimumBalance = (account: Account, baseReserve: bigint): bigint =>
  BigInt(2 + account.subentries + account.sponsoring - account.sponsored) * baseReserve

/** Stroops above the minimum; negative when below it. There are no offers here, so nothing else is bound. */
export const available = (account: Account, baseReserve: bigint): bigint => account.balance - minimumBalance(account, baseReserve)

/** Undefined when no int64 can hold the sum. */
export const credited = (account: Account, amount: bigint): Account | undefined =>
  account.balance + amount > maxInt64 ? undefined : { ...account, balance: account.balance + amount }

/** An issuer has a line for his own asset that is always authorized, never full and never empty. */
export type Line = {
  readonly authorized: boolean
  readonly clawbackEnabled: boolean
  /** False when the balance would leave 0…limit; then nothing is written. */
  readonly add: (amount: bigint) => boolean
}

export const lineOf = (scope: Scope, account: AccountId, asset: AssetId): Line | undefined => {
  if (account === issuerOf(asset)) return { authorized: true, clawbackEnabled: false, add: () => true }
  const line = trustlineIn(scope, account, asset)
  if (!line) return undefined
  return {
    authorized: isSet(line.flags, lineFlags.authorized),
    clawbackEnabled: isSet(line.flags, lineFlags.clawback),
    add: amount => addToLine(scope, line, amount),
  }
}

/** Whether authorized or not: the issuer takes back even from a frozen line. */
export const addToLine = (scope: Scope, line: Trustline, amount: bigint): boolean => {
  const balance = line.balance + amount
  if (balance < 0n || balance > line.limit) return false
  scope.put({ ...line, balance })
  return true
}
