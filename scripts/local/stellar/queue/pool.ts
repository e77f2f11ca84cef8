import type { AccountId } from '../ledger/account-id.ts'
import type { Transaction } from '../transaction/transaction.ts'
import { openBans } from './bans.ts'

const maxAge = 4

/** Transactions that wait: for each source account a chain of rising sequence numbers. */
export const openPool = () => {
  const chains = new Map<AccountId, { transactions: Transaction[]; age: number }>()
  const fees = new Map<AccountId, bigint>()
  const bans = openBans()
  let operations = 0

  const chainOf = (account: AccountId): readonly Transaction[] => chains.get(account)?.transactions ?? []

  const count = ({ feeSource, fee, operationCount }: Transaction, sign: 1 | -1) => {
    operations += sign * operationCount
    fees.set(feeSource, (fees.get(feeSource) ?? 0n) + BigInt(sign) * fee)
  }

  /** Takes a transaction out, and what waits behind it: that can no longer follow. */
  const cut = (account: AccountId, from: number): readonly Transaction[] => {
    const chain = chains.get(account)
    if (!chain || from < 0) return []
    const dropped = chain.transactions.splice(from)
    for (const transaction of dropped) count(transaction, -1)
    if (chain.transactions.length === 0) chains.delete(account)
    return dropped
  }

  const placeOf = ({ source, envelopeHash }: Transaction): number =>
    chainOf(source).findIndex(waiting => waiting.envelopeHash === envelopeHash)

  const ban = (banned: readonly Transaction[]) => {
    for (const transaction of banned) {
      bans.add(transaction.envelopeHash)
      for (const { envelopeHash } of cut(transaction.source, placeOf(transaction))) bans.add(envelopeHash)
    }
  }

  return {
    chainOf,
    chains: (): readonly (readonly Transaction[])[] => [...chains.values()].map(({ transactions }) => transactions),
    all: (): Transaction[] => [...chains.values()].flatMap(({ transactions }) => transactions),
    operations: (): number => operations,
    /** Stroops that an account offers for all that waits. */
    feesOf: (account: AccountId): bigint => fees.get(account) ?? 0n,
    add: (transaction: Transaction) => {
      const chain = chains.get(transaction.source) ?? { transactions: [], age: 0 }
      chain.transactions.push(transaction)
      chains.set(transaction.source, chain)
      count(transaction, 1)
    },
    replace: (old: Transaction, by: Transaction) => {
      const { transactions } = chains.get(old.source)!
      transactions[transactions.indexOf(old)] = by
      count(old, -1)
      count(by, 1)
    },
    /** Without a ban: as if it, and what waits behind it, had never come. */
    forget: (transaction: Transaction) => void cut(transaction.source, placeOf(transaction)),
    ban,
    isBanned: ({ envelopeHash }: Transaction): boolean => bans.has(envelopeHash),
    /** A sequence number that was used takes with it all that waits at or below it. */
    used: ({ source, sequence }: Transaction) => {
      const chain = chains.get(source)
      if (!chain || chain.transactions[0]!.sequence > sequence) return
      for (const transaction of chain.transactions) if (transaction.sequence <= sequence) count(transaction, -1)
      chain.transactions = chain.transactions.filter(waiting => waiting.sequence > sequence)
      chain.age = 0
      if (chain.transactions.length === 0) chains.delete(source)
    },
    /** A ledger has closed: who has waited through four of them is dropped and banned. */
    shift: () => {
      bans.shift()
      for (const chain of chains.values()) chain.age++
      const old = [...chains.values()].filter(({ age }) => age === maxAge)
      ban(old.map(({ transactions }) => transactions[0]!))
      for (const [account, fee] of fees) if (fee === 0n) fees.delete(account)
    },
  }
}

export type Pool = ReturnType<typeof openPool>
