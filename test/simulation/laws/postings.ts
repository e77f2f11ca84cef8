import type { Law } from './finding.ts'

/** Law 1: postings sum to zero per currency and layer, in each entry and in total, and balances are what was posted. */
export const postings: Law = ({ tables: { ledger_entries, ledger_postings, ledger_balances } }) => {
  const broken: string[] = []
  const sums = new Map<string, bigint>()
  const balances = new Map<string, bigint>()
  const entries = new Set(ledger_entries.map(({ position }) => position))
  for (const { entry, account_id, currency, layer, amount } of ledger_postings) {
    add(sums, `entry ${entry} ${currency} ${layer}`, amount)
    add(sums, `all ${currency} ${layer}`, amount)
    add(balances, `${account_id} ${layer}`, amount)
    if (!entries.has(entry)) broken.push(`a posting without entry ${entry}`)
    if (!account_id.endsWith(currency)) broken.push(`${currency} on ${account_id}`)
  }
  for (const [name, sum] of sums) if (sum !== 0n) broken.push(`${name} sums to ${sum}`)
  for (const { account_id, posted, pending } of ledger_balances)
    for (const [layer, kept] of [['posted', posted] as const, ['pending', pending] as const])
      if (BigInt(kept) !== (balances.get(`${account_id} ${layer}`) ?? 0n)) broken.push(`${account_id} keeps ${kept} ${layer}`)
  const named = ledger_entries.map(({ transfer_id, version }) => `${transfer_id} ${version}`)
  if (new Set(named).size !== named.length) broken.push('two entries of one event')
  return broken
}

const add = (sums: Map<string, bigint>, name: string, amount: string) => sums.set(name, (sums.get(name) ?? 0n) + BigInt(amount))
