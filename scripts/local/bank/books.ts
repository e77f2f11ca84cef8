import type { Account, BankRecord, EntryLine } from './record.ts'

export type EntryKind = 'opening' | 'settlement' | 'return' | 'return_reversal'

export type Entry = {
  readonly position: number
  readonly kind: EntryKind
  readonly at: string
  /** Absent for openings. */
  readonly transferId?: string
  readonly lines: readonly EntryLine[]
}

const kinds = { transferSettled: 'settlement', transferReturned: 'return', transferReturnReversed: 'return_reversal' } as const

/** Double-entry books: an append-only list of entries that each sum to zero per currency; balances come from them. */
export const openBooks = () => {
  const accounts = new Map<string, Account>()
  const balances = new Map<string, bigint>()
  const entries: Entry[] = []

  const post = (kind: EntryKind, at: string, lines: readonly EntryLine[], transferId?: string) => {
    if (lines.length === 0) return
    for (const [currency, total] of Object.entries(sumByCurrency(lines)))
      if (total !== 0n) throw new Error(`entry does not balance in ${currency}: ${total}`)
    for (const { accountId, currency } of lines)
      if (accounts.get(accountId)?.currency !== currency) throw new Error(`no account ${accountId} in ${currency}`)
    for (const line of lines) balances.set(line.accountId, balance(line.accountId) + BigInt(line.amountMinor))
    entries.push({ position: entries.length + 1, kind, at, lines, ...(transferId === undefined ? {} : { transferId }) })
  }

  const balance = (accountId: string): bigint => balances.get(accountId) ?? 0n

  return {
    apply: (record: BankRecord) => {
      if (record.type === 'accountOpened') accounts.set(record.account.id, record.account)
      if (record.type === 'accountOpened' || record.type === 'accountFunded') post('opening', record.at, record.entry)
      if (record.type === 'transferSettled' || record.type === 'transferReturned' || record.type === 'transferReturnReversed')
        post(kinds[record.type], record.at, record.entry, record.id)
    },
    account: (accountId: string) => accounts.get(accountId),
    accounts: () => [...accounts.values()],
    balance,
    entries: (): readonly Entry[] => entries,
    /** Zero in every currency, always. */
    totals: () => sumByCurrency(entries.flatMap(entry => entry.lines)),
    /** Lines of one account behind a position, oldest first. */
    statement: (accountId: string, after: number, limit: number) => {
      const lines: { entry: Entry; line: EntryLine }[] = []
      for (let position = after; position < entries.length && lines.length < limit; position++) {
        const entry = entries[position]!
        const line = entry.lines.find(line => line.accountId === accountId)
        if (line) lines.push({ entry, line })
      }
      return lines
    },
  }
}

export type Books = ReturnType<typeof openBooks>

const sumByCurrency = (lines: readonly EntryLine[]): Record<string, bigint> => {
  const totals: Record<string, bigint> = {}
  for (const line of lines) totals[line.currency] = (totals[line.currency] ?? 0n) + BigInt(line.amountMinor)
  return totals
}
