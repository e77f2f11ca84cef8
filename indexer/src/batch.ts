import type { BlockRef } from './canonical.ts'
import { IndexerError } from './errors.ts'
import { type Decoded, decode } from './evm/decode.ts'
import type { Header } from './evm/header.ts'
import type { ChainLog } from './evm/log.ts'
import type { Source } from './evm/source.ts'
import { inParallel } from './in-parallel.ts'
import type { Hash } from './observation.ts'

/** Blocks that follow on each other, with all that the escrow has logged in them. */
export type Batch = Decoded & { readonly blocks: readonly Header[]; readonly logs: ReadonlyMap<Hash, readonly ChainLog[]> }

export type BatchOptions = {
  /** Whether a header's bloom admits a log of the escrow. */
  readonly bloomAdmits: (logsBloom: Hash) => boolean
  readonly concurrency: number
  readonly onUnknownLog: (topic: string, log: ChainLog) => void
  /** A header's bloom admitted a log and none came. `found`: how many there are indeed. */
  readonly onSuspectBlock: (block: BlockRef, found: number) => void
}

/**
 * Sorts logs into their blocks. A block whose bloom admits a log where none came is asked for again until it is certain. Throws
 * `node_inconsistent` for a log of a block that is not among these.
 */
export const toBatch = async (
  source: Source,
  blocks: readonly Header[],
  logs: readonly ChainLog[],
  options: BatchOptions,
): Promise<Batch> => {
  const perBlock = new Map<Hash, readonly ChainLog[]>(blocks.map(block => [block.hash, []]))
  for (const log of logs) {
    const others = perBlock.get(log.blockHash) as ChainLog[] | undefined
    if (!others) throw new IndexerError('node_inconsistent', { reason: 'a log of another block', blockHash: log.blockHash })
    others.push(log)
  }
  const suspects = blocks.filter(
    block => perBlock.get(block.hash)!.length === 0 && block.logsBloom !== undefined && options.bloomAdmits(block.logsBloom),
  )
  await inParallel(suspects, options.concurrency, async block => {
    const certain = await source.certainLogsOf(block)
    options.onSuspectBlock(block, certain.length)
    perBlock.set(block.hash, certain)
  })
  return { blocks, logs: perBlock, ...decode([...perBlock.values()].flat(), options.onUnknownLog) }
}

/** The batch with these blocks' logs read once more, out of the receipts. */
export const withCertainLogs = async (
  source: Source,
  batch: Batch,
  doubtful: (block: BlockRef) => boolean,
  options: BatchOptions,
): Promise<Batch> => {
  const perBlock = new Map(batch.logs)
  await inParallel(batch.blocks.filter(doubtful), options.concurrency, async block => {
    perBlock.set(block.hash, await source.certainLogsOf(block))
  })
  return { blocks: batch.blocks, logs: perBlock, ...decode([...perBlock.values()].flat(), options.onUnknownLog) }
}
