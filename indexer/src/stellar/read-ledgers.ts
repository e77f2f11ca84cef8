import { linkedPrefix } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import { type Header, isComplete } from './header.ts'
import type { LedgerSource } from './source.ts'
import type { RawTransaction } from './transaction.ts'

export type Ledger = { readonly header: Header; readonly transactions: readonly RawTransaction[] }

// Bounds what is held in memory while a busy network is caught up with.
const transactionsAtOnce = 5_000

/**
 * The ledgers from this one on, each with all its transactions: at most `limit`, none when the node has none. Throws `node_inconsistent`
 * when it has another one, or not all transactions of the first.
 */
export const readLedgers = async (source: LedgerSource, from: bigint, limit: number): Promise<Ledger[]> => {
  const headers = linkedPrefix(await headersFrom(source, from, limit))
  if (headers.length === 0) return []
  const byLedger = await collect(source, from, from + BigInt(headers.length) - 1n)
  const ledgers: Ledger[] = headers.map(header => ({ header, transactions: byLedger.get(header.number) ?? [] }))
  const end = ledgers.findIndex(({ header, transactions }) => !isComplete(header, transactions))
  if (end === 0) {
    const got = ledgers[0]?.transactions.length
    throw new IndexerError('node_inconsistent', { reason: 'not all transactions of a ledger', ledger: from, got })
  }
  return end < 0 ? ledgers : ledgers.slice(0, end)
}

/**
 * None is no contradiction: behind one address there may be several nodes, and one that lags. Another one than was asked for is: a cursor
 * older than history is silently moved forward.
 */
export const headersFrom = async (source: LedgerSource, from: bigint, limit: number): Promise<Header[]> => {
  const headers = await source.headers(from, limit)
  const got = headers[0]?.number
  if (got === undefined || got === from) return headers
  throw new IndexerError('node_inconsistent', { reason: 'not the ledger that was asked for', asked: from, got })
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
