import type { xdr } from '@stellar/stellar-sdk/base'
import type { AccountId } from './account-id.ts'
import type { AssetId } from './asset.ts'
import type { SignerKey } from './signer-key.ts'

/** What every entry of the ledger carries. Entries are never changed, only replaced: that makes roll-back and history free. */
type Kept = {
  /** Sequence number of the ledger that wrote it. */
  readonly lastModified: number
  /** Who bears the reserve instead of the owner. */
  readonly sponsor: AccountId | null
  /** Sponsored now or once: its XDR keeps the extension for good. */
  readonly everSponsored: boolean
}

export type Signer = { readonly key: SignerKey; readonly weight: number; readonly sponsor: AccountId | null }

export type Thresholds = { readonly master: number; readonly low: number; readonly medium: number; readonly high: number }

export type Account = Kept & {
  readonly kind: 'account'
  readonly id: AccountId
  /** Stroops (10^-7), as all amounts of the ledger. */
  readonly balance: bigint
  readonly sequence: bigint
  readonly subentries: number
  readonly inflationDestination: AccountId | null
  readonly flags: number
  readonly homeDomain: string
  readonly thresholds: Thresholds
  /** Sorted by key. */
  readonly signers: readonly Signer[]
  readonly sponsoring: number
  readonly sponsored: number
  /** Took part in a sponsorship once: its XDR keeps the extension for good. */
  readonly everInSponsorship: boolean
  /** Ledger and its close time in which the sequence number last moved. */
  readonly sequenceMoved: { readonly ledger: number; readonly time: bigint } | null
}

export type Trustline = Kept & {
  readonly kind: 'trustline'
  readonly account: AccountId
  readonly asset: AssetId
  readonly balance: bigint
  readonly limit: bigint
  readonly flags: number
}

export type DataEntry = Kept & {
  readonly kind: 'data'
  readonly account: AccountId
  readonly name: string
  readonly value: Uint8Array
}

export type Claimant = { readonly destination: AccountId; readonly predicate: xdr.ClaimPredicate }

export type ClaimableBalance = Kept & {
  readonly kind: 'claimableBalance'
  /** The 32 bytes behind the type, in hex. */
  readonly id: string
  readonly claimants: readonly Claimant[]
  readonly asset: AssetId
  readonly amount: bigint
  readonly clawbackEnabled: boolean
}

export type Entry = Account | Trustline | DataEntry | ClaimableBalance

export type EntryKey = string

export const accountKey = (id: AccountId): EntryKey => `account ${id}`
export const trustlineKey = (account: AccountId, asset: AssetId): EntryKey => `trustline ${account} ${asset}`
export const dataKey = (account: AccountId, name: string): EntryKey => `data ${account} ${name}`
export const claimableBalanceKey = (id: string): EntryKey => `claimableBalance ${id}`

export const keyOf = (entry: Entry): EntryKey => {
  switch (entry.kind) {
    case 'account':
      return accountKey(entry.id)
    case 'trustline':
      return trustlineKey(entry.account, entry.asset)
    case 'data':
      return dataKey(entry.account, entry.name)
    case 'claimableBalance':
      return claimableBalanceKey(entry.id)
  }
}

/** What a new entry begins with. */
export const unsponsored = { lastModified: 0, sponsor: null, everSponsored: false } as const

export const newAccount = (id: AccountId, balance: bigint, sequence: bigint): Account => ({
  ...unsponsored,
  kind: 'account',
  id,
  balance,
  sequence,
  subentries: 0,
  inflationDestination: null,
  flags: 0,
  homeDomain: '',
  thresholds: { master: 1, low: 0, medium: 0, high: 0 },
  signers: [],
  sponsoring: 0,
  sponsored: 0,
  everInSponsorship: false,
  sequenceMoved: null,
})
