import { IndexerError } from '../errors.ts'
import type { Hash } from '../observation.ts'
import { quantity, word } from './header.ts'

/** A log of a sealed block. */
export type ChainLog = {
  readonly blockHash: Hash
  readonly blockNumber: bigint
  readonly txHash: Hash
  readonly logIndex: number
  readonly topics: readonly Hash[]
  readonly data: Hash
}

/** Reads a log of a node's answer. Throws `node_inconsistent` for one of another contract, a pending one and a removed one. */
export const toLog = (answer: unknown, escrow: string): ChainLog => {
  const log = answer as Record<string, unknown>
  const { address, topics, data, removed } = log
  if (typeof address !== 'string' || address.toLowerCase() !== escrow)
    throw new IndexerError('node_inconsistent', { asked: `logs of ${escrow}`, got: address })
  if (removed === true || !Array.isArray(topics) || typeof data !== 'string')
    throw new IndexerError('node_inconsistent', { asked: 'logs of sealed blocks', got: 'a removed or broken one' })
  return {
    blockHash: word(log.blockHash),
    blockNumber: quantity(log.blockNumber),
    txHash: word(log.transactionHash),
    logIndex: Number(quantity(log.logIndex)),
    topics: topics as Hash[],
    data: data as Hash,
  }
}

export const inOrder = (a: ChainLog, b: ChainLog): number =>
  a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1
