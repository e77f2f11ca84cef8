import type { OpenLine } from '../../../bridge-service/src/ledger/open-lines.ts'
import type { Tables } from './tables.ts'

/** The transfer's own balances, where they are not zero. */
export const openLines = ({ ledger_entries, ledger_postings }: Tables, transferId: string): OpenLine[] => {
  const entries = new Set<number>()
  for (const { transfer_id, position } of ledger_entries.values()) if (transfer_id === transferId) entries.add(position)
  const sums = new Map<string, { line: Omit<OpenLine, 'minor'>; minor: bigint }>()
  for (const { entry, account_id: account, currency, layer, amount } of ledger_postings.values()) {
    if (!entries.has(entry)) continue
    const known = sums.get(`${account} ${layer}`)
    const line = { account, currency: currency as OpenLine['currency'], layer }
    sums.set(`${account} ${layer}`, { line, minor: (known?.minor ?? 0n) + amount })
  }
  const open = [...sums.values()].filter(({ minor }) => minor !== 0n).map(({ line, minor }) => ({ ...line, minor: `${minor}` }))
  return open.sort((a, b) => (`${a.account} ${a.layer}` < `${b.account} ${b.layer}` ? -1 : 1))
}
