import { linkedPrefix } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import { type Header, isComplete } from './header.ts'
import type { LedgerSource } from './source.ts'
import type { RawTransaction } from './transaction.ts'

export type Ledger = { readonly header: Header; readonly transactions: readonly RawTransaction[] }

// Bounds what is held in memory while a busy network is caught up with.
const transactionsAtOnce = 5_000

/**
 * The ledgers from this one on, each with all its transactions: at least one, at most `limit`. Throws `node_inconsistent` when the first
 * one is missing or not complete.
 */
export const readLedgers = async (source: LedgerSource, from: bigint, limit: number): Promise<[Ledger, ...Ledger[]]> => {
  const headers = linkedPrefix(await source.headers(from, limit))
  const [first] = headers
  if (first?.number !== from) {
    throw new IndexerError('node_inconsistent', { reason: 'not the ledger that was asked for', asked: from, got: first?.number })
  }
  const byLedger = await collect(source, from, from + BigInt(headers.length) - 1n)
  const ledgers: Ledger[] = headers.map(header => ({ header, transactions: byLedger.get(header.number) ?? [] }))
  const end = ledgers.findIndex(({ header, transactions }) => !isComplete(header, transactions))
  const [one, ...more] = end < 0 ? ledgers : ledgers.slice(0, end)
  if (one === undefined) {
    const got = ledgers[0]?.transactions.length
    throw new IndexerError('node_inconsistent', { reason: 'not all transactions of a ledger', ledger: from, got })
  }
  return [one, ...more]
}

/** What the pages hold of these ledgers; what they lack shows when the ledgers are checked. */
const collect = async (source: LedgerSource, from: bigint, to: bigint): Promise<Map<bigint, RawTransaction[]>> => {
  const byLedger = new Map<bigint, RawTransaction[]>()
  let count = 0
  let last: RawTransaction | undefined
  for await (const page of source.transactions(from)) {
    for (const transaction of page) {
      // Also what ends the loop on a node that gives the same page again and again.
      if (last && !isAfter(transaction, last))
        throw new IndexerError('node_inconsistent', { reason: 'not in order', at: transaction.hash })
      last = transaction
      const ledger = byLedger.get(transaction.ledger)
      if (ledger) ledger.push(transaction)
      else byLedger.set(transaction.ledger, [transaction])
    }
    count += page.length
    if (last && (last.ledger > to || (count >= transactionsAtOnce && last.ledger > from))) break
  }
  return byLedger
}

const isAfter = (one: RawTransaction, other: RawTransaction) =>
  one.ledger > other.ledger || (one.ledger === other.ledger && one.order > other.order)
