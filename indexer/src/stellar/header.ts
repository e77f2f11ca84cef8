import { createHash } from 'node:crypto'
import type { xdr } from '@stellar/stellar-sdk/base'
import type { Block } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import type { Hash } from '../observation.ts'
import type { RawTransaction } from './transaction.ts'

/** The header of a closed ledger, and what tells whether one has all its transactions. */
export type Header = Block & {
  readonly completeness:
    | { readonly by: 'count'; readonly successful: number }
    /** The hash of the results of all transactions, failed ones too, in their order. */
    | { readonly by: 'results'; readonly hash: Hash }
}

/**
 * From the header's own XDR, whose SHA-256 is the ledger's hash: what a node says about a ledger beside it proves nothing. Throws
 * `node_inconsistent`.
 */
export const headerOf = (ledger: { sequence: number; hash: string; header: xdr.LedgerHeader; successful?: number }): Header => {
  const { header, successful } = ledger
  const hash = sha256(header.toXdr())
  if (header.ledgerSeq !== ledger.sequence || hash !== `0x${ledger.hash}`) {
    throw new IndexerError('node_inconsistent', { ledger: ledger.sequence, hash: ledger.hash, header: hash })
  }
  return {
    number: BigInt(header.ledgerSeq),
    hash,
    parentHash: hex(header.previousLedgerHash.value),
    time: header.scpValue.closeTime,
    completeness:
      successful === undefined ? { by: 'results', hash: hex(header.txSetResultHash.value) } : { by: 'count', successful },
  }
}

/** Whether these are all transactions of the ledger, in their order: a page that ends early must not lose one. */
export const isComplete = ({ completeness }: Header, transactions: readonly RawTransaction[]): boolean =>
  completeness.by === 'count'
    ? transactions.length === completeness.successful
    : transactions.every(({ order }, i) => order === i + 1) && resultsHash(transactions) === completeness.hash

// Put together from the bytes that the node gave: a result that cannot be decoded counts as well.
const resultsHash = (transactions: readonly RawTransaction[]): Hash => {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(transactions.length)
  const pairs = transactions.flatMap(({ hash, resultXdr }) => [
    Buffer.from(hash.slice(2), 'hex'),
    Buffer.from(resultXdr, 'base64'),
  ])
  return sha256(Buffer.concat([count, ...pairs]))
}

const sha256 = (bytes: Uint8Array): Hash => `0x${createHash('sha256').update(bytes).digest('hex')}`
const hex = (bytes: Uint8Array): Hash => `0x${Buffer.from(bytes).toString('hex')}`
