import { createHash } from 'node:crypto'
import type { Transaction } from '../transaction/transaction.ts'

/** Of a set of transactions on top of a ledger, hex. */
export const transactionSetHash = (previousLedgerHash: string, transactions: readonly Transaction[]): string => {
  const hash = createHash('sha256').update(previousLedgerHash, 'hex')
  for (const { envelope } of transactions.toSorted((a, b) => (a.envelopeHash < b.envelopeHash ? -1 : 1))) hash.update(envelope)
  return hash.digest('hex')
}

/** First the first transaction of every account, then the second ones, and so on; within a round nobody could foresee who is first. */
export const applyOrder = (transactions: readonly Transaction[], setHash: string): Transaction[] => {
  const rounds: Transaction[][] = []
  const places = new Map<string, number>()
  for (const transaction of transactions.toSorted((a, b) => (a.sequence < b.sequence ? -1 : 1))) {
    const round = places.get(transaction.source) ?? 0
    places.set(transaction.source, round + 1)
    rounds[round] ??= []
    rounds[round].push(transaction)
  }
  const mask = Buffer.from(setHash, 'hex')
  return rounds.flatMap(round =>
    round
      .map(transaction => ({ transaction, rank: masked(transaction.envelopeHash, mask) }))
      .sort((a, b) => Buffer.compare(a.rank, b.rank))
      .map(({ transaction }) => transaction),
  )
}

/** For replaying what another core recorded: its order went by hashes of ledgers that cannot be known here. */
export const forcedOrder = (transactions: readonly Transaction[], order: readonly string[]): Transaction[] => {
  const place = new Map(order.map((hash, index) => [hash, index]))
  const unknown = transactions.length
  return transactions.toSorted((a, b) => (place.get(a.hash) ?? unknown) - (place.get(b.hash) ?? unknown))
}

const masked = (hash: string, mask: Buffer): Uint8Array => Buffer.from(hash, 'hex').map((byte, index) => byte ^ mask[index]!)
