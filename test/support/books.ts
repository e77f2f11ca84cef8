import type { Entry } from '../../bridge-service/src/ledger/entry.ts'

/** A ledger in memory: balances by account and layer. */
export const books = () => {
  const balances = new Map<string, bigint>()
  return {
    book: ({ postings }: Entry) => {
      for (const { account, layer, amount } of postings) {
        const key = `${account} ${layer}`
        balances.set(key, (balances.get(key) ?? 0n) + amount.minor)
      }
    },
    balance: (account: string, layer: 'posted' | 'pending' = 'posted') => balances.get(`${account} ${layer}`) ?? 0n,
    /** Accounts of a layer that are not at zero. */
    open: (layer: 'posted' | 'pending') =>
      [...balances].filter(([key, balance]) => key.endsWith(` ${layer}`) && balance !== 0n).map(([key]) => key),
  }
}

/** What an entry lacks to zero, by currency and layer: nothing, if the law is kept. */
export const imbalances = ({ postings }: Entry): Record<string, bigint> => {
  const totals = new Map<string, bigint>()
  for (const { amount, layer } of postings)
    totals.set(`${amount.currency} ${layer}`, (totals.get(`${amount.currency} ${layer}`) ?? 0n) + amount.minor)
  return Object.fromEntries([...totals].filter(([, total]) => total !== 0n))
}
