import type { Account, ClaimableBalance, DataEntry, Entry, EntryKey, Trustline } from './entry.ts'
import { accountIn, claimableBalanceIn, dataIn, trustlineIn } from './scope.ts'

/** The ledger as of the last close, to be read. Entries are never changed in place: what was read stays as it was. */
export type LedgerState = {
  readonly account: (id: string) => Account | undefined
  readonly accounts: () => Account[]
  readonly trustline: (account: string, asset: string) => Trustline | undefined
  readonly trustlines: (account: string) => Trustline[]
  readonly data: (account: string, name: string) => DataEntry | undefined
  readonly allData: (account: string) => DataEntry[]
  /** `id` is the 64 hex digits behind the type. */
  readonly claimableBalance: (id: string) => ClaimableBalance | undefined
  readonly claimableBalances: () => ClaimableBalance[]
}

/** The ledger itself. Only a committed scope writes to it. */
export const openState = () => {
  const entries = new Map<EntryKey, Entry>()
  const accounts = new Set<EntryKey>()
  const balances = new Set<EntryKey>()
  const owned = new Map<string, Set<EntryKey>>()

  const index = (key: EntryKey, entry: Entry, action: 'add' | 'delete') => {
    if (entry.kind === 'account') accounts[action](key)
    else if (entry.kind === 'claimableBalance') balances[action](key)
    else {
      const keys = owned.get(entry.account) ?? new Set()
      keys[action](key)
      owned.set(entry.account, keys)
    }
  }
  const get = (key: EntryKey) => entries.get(key)
  const ownedBy = (account: string) => [...(owned.get(account) ?? [])].map(key => entries.get(key)!)

  const state: LedgerState = {
    account: id => accountIn({ get }, id),
    accounts: () => [...accounts].map(key => entries.get(key) as Account),
    trustline: (account, asset) => trustlineIn({ get }, account, asset),
    trustlines: account => ownedBy(account).filter(entry => entry.kind === 'trustline'),
    data: (account, name) => dataIn({ get }, account, name),
    allData: account => ownedBy(account).filter(entry => entry.kind === 'data'),
    claimableBalance: id => claimableBalanceIn({ get }, id),
    claimableBalances: () => [...balances].map(key => entries.get(key) as ClaimableBalance),
  }
  return {
    state,
    get,
    write: (key: EntryKey, entry: Entry | undefined) => {
      const before = entries.get(key)
      if (entry) entries.set(key, entry)
      else entries.delete(key)
      if (!before && entry) index(key, entry, 'add')
      if (before && !entry) index(key, before, 'delete')
    },
  }
}
