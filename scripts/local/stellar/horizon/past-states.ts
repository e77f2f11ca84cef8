import {
  accountKey,
  type ClaimableBalance,
  claimableBalanceKey,
  dataKey,
  type Entry,
  type EntryKey,
  trustlineKey,
} from '../ledger/entry.ts'
import type { Change } from '../ledger/scope.ts'
import type { LedgerState } from '../ledger/state.ts'

type Version = { readonly ledger: number; readonly entry: Entry | undefined }

/**
 * The state of the ledger as of every close. A Horizon that lags behind, or a stale replica of it, tells not only old history but old
 * balances and sequence numbers.
 */
export const openPastStates = () => {
  const versions = new Map<EntryKey, Version[]>()
  const keysOf = { account: new Set<EntryKey>(), claimableBalance: new Set<EntryKey>() }
  const owned = new Map<string, Set<EntryKey>>()

  const index = (key: EntryKey, entry: Entry) => {
    if (entry.kind === 'account' || entry.kind === 'claimableBalance') keysOf[entry.kind].add(key)
    else owned.set(entry.account, (owned.get(entry.account) ?? new Set()).add(key))
  }

  const at = (ledger: number): LedgerState => {
    const read = <K extends Entry['kind']>(key: EntryKey, kind: K): Extract<Entry, { kind: K }> | undefined => {
      const entry = versions.get(key)?.findLast(version => version.ledger <= ledger)?.entry
      return entry?.kind === kind ? (entry as Extract<Entry, { kind: K }>) : undefined
    }
    const readAll = <K extends Entry['kind']>(keys: Iterable<EntryKey>, kind: K) =>
      [...keys].flatMap(key => read(key, kind) ?? [])
    return {
      account: id => read(accountKey(id), 'account'),
      accounts: () => readAll(keysOf.account, 'account'),
      trustline: (account, asset) => read(trustlineKey(account, asset), 'trustline'),
      trustlines: account => readAll(owned.get(account) ?? [], 'trustline'),
      data: (account, name) => read(dataKey(account, name), 'data'),
      allData: account => readAll(owned.get(account) ?? [], 'data'),
      claimableBalance: id => read(claimableBalanceKey(id), 'claimableBalance'),
      claimableBalances: (): ClaimableBalance[] => readAll(keysOf.claimableBalance, 'claimableBalance'),
    }
  }

  return {
    apply: (ledger: number, changes: readonly Change[]) => {
      for (const { key, after } of changes) {
        const known = versions.get(key)
        if (known) known.push({ ledger, entry: after })
        else versions.set(key, [{ ledger, entry: after }])
        if (after) index(key, after)
      }
    },
    at,
  }
}

export type PastStates = ReturnType<typeof openPastStates>
