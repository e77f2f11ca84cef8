import type { Block } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import type { Hash } from '../observation.ts'

/** A block without its transactions. */
export type Header = Block & { readonly logsBloom: Hash | undefined }

/** What nodes must agree on to speak of the same block: the hash alone would let one of them lie about the bloom. */
export const identityOf = ({ hash, parentHash, number, logsBloom }: Header): string =>
  `${number}:${hash}:${parentHash}:${logsBloom ?? ''}`

/** Reads a block of a node's answer. Throws `node_inconsistent` for a pending one and for what is no block. */
export const toHeader = (answer: unknown): Header => {
  const block = answer as Record<string, unknown>
  return {
    number: quantity(block.number),
    hash: word(block.hash),
    parentHash: word(block.parentHash),
    time: quantity(block.timestamp),
    logsBloom:
      typeof block.logsBloom === 'string' && /^0x[0-9a-f]{512}$/.test(block.logsBloom) ? (block.logsBloom as Hash) : undefined,
  }
}

export const word = (value: unknown): Hash => {
  if (typeof value === 'string' && value.length === 66 && /^0x[0-9a-f]{64}$/.test(value)) return value as Hash
  throw new IndexerError('node_inconsistent', { asked: 'a hash of a sealed block', got: value })
}

export const quantity = (value: unknown): bigint => {
  if (typeof value === 'string' && /^0x[0-9a-f]{1,64}$/.test(value)) return BigInt(value)
  throw new IndexerError('node_inconsistent', { asked: 'a number of a sealed block', got: value })
}
