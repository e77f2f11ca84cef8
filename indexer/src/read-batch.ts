import { type Batch, type BatchOptions, toBatch } from './batch.ts'
import { type BlockRef, type Branch, baseOf, linkedPrefix, parentIn, place, tipOf } from './canonical.ts'
import { IndexerError } from './errors.ts'
import type { Header } from './evm/header.ts'
import type { Source } from './evm/source.ts'

export type Reading =
  /** Nothing new, or the node lags. */
  | { readonly kind: 'idle' }
  /** Blocks on top of `ancestor`, which lies below our tip in a reorg. */
  | { readonly kind: 'extend'; readonly ancestor: BlockRef; readonly batch: Batch }
  /** The node's chain leaves ours below our newest final block. */
  | { readonly kind: 'deep'; readonly batch: Batch }

export type ReadOptions = BatchOptions & { readonly batchSize: number }

/**
 * Reads what comes next where a reorg still reaches, from nodes whose newest block is `latest`; writes nothing. Logs by block hash only.
 * Throws when the nodes are silent or inconsistent.
 */
export const readBatch = async (source: Source, branch: Branch, latest: Header, options: ReadOptions): Promise<Reading> => {
  switch (place(branch, latest)) {
    case 'below':
      throw new IndexerError('node_inconsistent', { reason: 'judged by the caller' })
    case 'duplicate':
      return { kind: 'idle' }
    case 'next':
      return { kind: 'extend', ancestor: tipOf(branch), batch: await readLogs(source, [latest], options) }
    case 'reorg':
      return readFork(source, branch, latest, options)
    case 'gap': {
      const from = tipOf(branch).number + 1n
      const last = from + BigInt(options.batchSize) - 1n
      const blocks = linkedPrefix(await source.headers(from, last < latest.number ? last : latest.number))
      if (blocks.length === 0) return { kind: 'idle' }
      if (place(branch, blocks[0]!) === 'reorg') return readFork(source, branch, blocks[0]!, options)
      return { kind: 'extend', ancestor: tipOf(branch), batch: await readLogs(source, blocks, options) }
    }
  }
}

// By parent hash, not by height: while we walk, the node may change its mind again, and a mixture of two branches would look linked.
const readFork = async (source: Source, branch: Branch, head: Header, options: ReadOptions): Promise<Reading> => {
  const path = [head]
  for (;;) {
    const oldest = path[0]!
    const ancestor = parentIn(branch, oldest)
    if (ancestor) return { kind: 'extend', ancestor, batch: await readLogs(source, path, options) }
    if (oldest.number <= baseOf(branch).number) return { kind: 'deep', batch: await readLogs(source, path, options) }
    const parent = await source.byHash(oldest.parentHash)
    if (!parent || parent.number !== oldest.number - 1n)
      throw new IndexerError('node_inconsistent', { reason: 'a parent is missing', child: oldest.hash })
    path.unshift(parent)
  }
}

const readLogs = async (source: Source, blocks: readonly Header[], options: ReadOptions): Promise<Batch> =>
  toBatch(source, blocks, await source.logsOf(blocks), options)
