import {
  type Account,
  accountKey,
  type ClaimableBalance,
  claimableBalanceKey,
  type DataEntry,
  dataKey,
  type Entry,
  type EntryKey,
  keyOf,
  type Trustline,
  trustlineKey,
} from './entry.ts'

export type Change = { readonly key: EntryKey; readonly before: Entry | undefined; readonly after: Entry | undefined }

/** A view of the ledger that can be written to and thrown away: what is in it reaches the parent only by `commit`. */
export type Scope = {
  readonly get: (key: EntryKey) => Entry | undefined
  readonly put: (entry: Entry) => void
  readonly remove: (key: EntryKey) => void
  readonly begin: () => Scope
  readonly commit: () => void
  /** Against the parent, in the order of first writing. */
  readonly changes: () => Change[]
}

type Parent = {
  readonly get: (key: EntryKey) => Entry | undefined
  readonly write: (key: EntryKey, entry: Entry | undefined) => void
}

/** `ledger` is the sequence number that written entries are stamped with. */
export const openScope = (parent: Parent, ledger: number): Scope => {
  const written = new Map<EntryKey, Entry | undefined>()
  const get = (key: EntryKey) => (written.has(key) ? written.get(key) : parent.get(key))
  const write = (key: EntryKey, entry: Entry | undefined) => void written.set(key, entry)
  return {
    get,
    put: entry => write(keyOf(entry), entry.lastModified === ledger ? entry : { ...entry, lastModified: ledger }),
    remove: key => write(key, undefined),
    begin: () => openScope({ get, write }, ledger),
    commit: () => {
      for (const [key, entry] of written) parent.write(key, entry)
      written.clear()
    },
    changes: () =>
      [...written]
        .map(([key, after]) => ({ key, before: parent.get(key), after }))
        .filter(({ before, after }) => before !== undefined || after !== undefined),
  }
}

export const accountIn = (scope: Pick<Scope, 'get'>, id: string): Account | undefined => {
  const entry = scope.get(accountKey(id))
  return entry?.kind === 'account' ? entry : undefined
}

export const trustlineIn = (scope: Pick<Scope, 'get'>, account: string, asset: string): Trustline | undefined => {
  const entry = scope.get(trustlineKey(account, asset))
  return entry?.kind === 'trustline' ? entry : undefined
}

export const dataIn = (scope: Pick<Scope, 'get'>, account: string, name: string): DataEntry | undefined => {
  const entry = scope.get(dataKey(account, name))
  return entry?.kind === 'data' ? entry : undefined
}

export const claimableBalanceIn = (scope: Pick<Scope, 'get'>, id: string): ClaimableBalance | undefined => {
  const entry = scope.get(claimableBalanceKey(id))
  return entry?.kind === 'claimableBalance' ? entry : undefined
}
