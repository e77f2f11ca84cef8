import type { AccountId } from './account-id.ts'
import { type Account, type Entry, keyOf } from './entry.ts'
import { available, minimumBalance } from './funds.ts'
import { accountIn, type Scope } from './scope.ts'
import type { Sponsorships } from './sponsorships.ts'

/** Why no reserve could be found for something new. */
export type ReserveRefusal = 'lowReserve' | 'tooManySubentries' | 'tooManySponsoring'

export type Reserves = { readonly scope: Scope; readonly baseReserve: bigint; readonly sponsorships: Sponsorships }

const maxSubentries = 1_000
const maxUint32 = 0xffff_ffff

/** Base reserves that an entry binds. */
export const reservesOf = (entry: Entry): number => {
  switch (entry.kind) {
    case 'account':
      return 2
    case 'trustline':
    case 'data':
      return 1
    case 'claimableBalance':
      return entry.claimants.length
  }
}

/**
 * Writes a new entry and whoever bears its reserve: the open sponsor of the owner, else the owner himself. The creator of a
 * claimable balance counts as its sponsor when nobody else is: such a balance belongs to no account.
 */
export const createEntry = (on: Reserves, entry: Entry, owner: Account): ReserveRefusal | undefined => {
  const sponsor = on.sponsorships.sponsorOf(owner.id) ?? (entry.kind === 'claimableBalance' ? owner.id : undefined)
  const count = reservesOf(entry)
  if (isSubentry(entry) && owner.subentries > maxSubentries - count) return 'tooManySubentries'
  if (sponsor === undefined) {
    const poor =
      entry.kind === 'account'
        ? entry.balance < minimumBalance(entry, on.baseReserve)
        : available(owner, on.baseReserve) < BigInt(count) * on.baseReserve
    if (poor) return 'lowReserve'
  } else {
    const refusal = charge(on, sponsor, count)
    if (refusal) return refusal
  }
  const kept = sponsor === undefined ? entry : { ...entry, sponsor, everSponsored: true }
  if (kept.kind === 'account') on.scope.put(sponsor === undefined ? kept : sponsoredMore(kept, count))
  else {
    if (isSubentry(kept)) {
      const more = { ...owner, subentries: owner.subentries + count }
      on.scope.put(sponsor === undefined ? more : sponsoredMore(more, count))
    }
    on.scope.put(kept)
  }
  return undefined
}

/** Deletes an entry and gives back its reserve to whoever bore it. */
export const removeEntry = (scope: Scope, entry: Entry): void => {
  const count = reservesOf(entry)
  if (entry.sponsor !== null) discharge(scope, entry.sponsor, count)
  if (entry.kind === 'trustline' || entry.kind === 'data') {
    const owner = accountIn(scope, entry.account)!
    const fewer = { ...owner, subentries: owner.subentries - count }
    scope.put(entry.sponsor === null ? fewer : sponsoredMore(fewer, -count))
  }
  scope.remove(keyOf(entry))
}

/** Books `count` reserves on a sponsor, if he can bear them. */
export const charge = (on: Reserves, sponsor: AccountId, count: number): ReserveRefusal | undefined => {
  const account = accountIn(on.scope, sponsor)!
  if (available(account, on.baseReserve) < BigInt(count) * on.baseReserve) return 'lowReserve'
  if (account.sponsoring + account.subentries + count > maxUint32) return 'tooManySponsoring'
  on.scope.put({ ...account, sponsoring: account.sponsoring + count, everInSponsorship: true })
  return undefined
}

export const discharge = (scope: Scope, sponsor: AccountId, count: number): void => {
  const account = accountIn(scope, sponsor)!
  scope.put({ ...account, sponsoring: account.sponsoring - count })
}

/** `count` more (or, negative, fewer) of the account's own reserves are borne by others. */
export const sponsoredMore = (account: Account, count: number): Account => ({
  ...account,
  sponsored: account.sponsored + count,
  everInSponsorship: true,
})

/** One more subentry of the account, borne by its open sponsor or itself: a signer. */
export const reserveSigner = (on: Reserves, owner: AccountId): { sponsor: AccountId | null } | ReserveRefusal => {
  const account = accountIn(on.scope, owner)!
  if (account.subentries > maxSubentries - 1) return 'tooManySubentries'
  const sponsor = on.sponsorships.sponsorOf(owner) ?? null
  if (sponsor === null) {
    if (available(account, on.baseReserve) < on.baseReserve) return 'lowReserve'
  } else {
    const refusal = charge(on, sponsor, 1)
    if (refusal) return refusal
  }
  const more = { ...account, subentries: account.subentries + 1 }
  on.scope.put(sponsor === null ? more : sponsoredMore(more, 1))
  return { sponsor }
}

const isSubentry = (entry: Entry): boolean => entry.kind === 'trustline' || entry.kind === 'data'
