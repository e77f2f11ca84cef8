import { type BlockRef, type Branch, baseOf, linkedPrefix, parentIn, place, tipOf } from './canonical.ts'
import { IndexerError } from './errors.ts'
import { bloomAdmits } from './evm/bloom.ts'
import { decode } from './evm/decode.ts'
import type { ChainLog, Header, Source } from './evm/source.ts'
import { inParallel } from './in-parallel.ts'
import type { EscrowEvent } from './observation.ts'

export type Reading =
  /** Nothing new, or the node lags. */
  | { readonly kind: 'idle' }
  /** Blocks on top of `ancestor`, which lies below our tip in a reorg. */
  | {
      readonly kind: 'extend'
      readonly ancestor: BlockRef
      readonly blocks: readonly Header[]
      readonly events: readonly EscrowEvent[]
    }
  /** The node's chain leaves ours below our newest final block. */
  | { readonly kind: 'deep'; readonly blocks: readonly Header[]; readonly events: readonly EscrowEvent[] }

export type ReadOptions = {
  readonly escrow: string
  readonly batchSize: number
  readonly concurrency: number
  /** No reorg reaches this height or one below it, as far as the node's word goes: logs may be read by range. */
  readonly settledHeight: bigint
  readonly onUnknownLog: (topic: string, log: ChainLog) => void
  /** A header's bloom admitted a log and none came. `found`: how many the second reading brought. */
  readonly onSuspectBlock: (block: BlockRef, found: number) => void
}

/** Reads what comes next from a node whose newest block is `latest`; writes nothing. Throws when the node is silent or inconsistent. */
export const readBatch = async (source: Source, branch: Branch, latest: Header, options: ReadOptions): Promise<Reading> => {
  switch (place(branch, latest)) {
    case 'below':
      throw new IndexerError('node_inconsistent', { reason: 'judged by the caller' })
    case 'duplicate':
      return { kind: 'idle' }
    case 'next':
      return extend(source, tipOf(branch), [latest], options)
    case 'reorg':
      return readFork(source, branch, latest, options)
    case 'gap': {
      const blocks = await readForward(source, tipOf(branch).number + 1n, latest.number, options)
      if (blocks.length === 0) return { kind: 'idle' }
      if (place(branch, blocks[0]!) === 'reorg') return readFork(source, branch, blocks[0]!, options)
      return extend(source, tipOf(branch), blocks, options)
    }
  }
}

const readForward = async (
  source: Source,
  from: bigint,
  latest: bigint,
  { batchSize, concurrency }: ReadOptions,
): Promise<Header[]> => {
  const count = Math.min(Number(latest - from) + 1, batchSize)
  const numbers = Array.from({ length: count }, (_, i) => from + BigInt(i))
  const headers = await inParallel(numbers, concurrency, source.byNumber)
  const missing = headers.indexOf(undefined)
  const there = (missing < 0 ? headers : headers.slice(0, missing)) as Header[]
  return linkedPrefix(there)
}

// By parent hash, not by height: while we walk, the node may change its mind again, and a mixture of two branches would look linked.
const readFork = async (source: Source, branch: Branch, head: Header, options: ReadOptions): Promise<Reading> => {
  const path = [head]
  for (;;) {
    const oldest = path[0]!
    const ancestor = parentIn(branch, oldest)
    if (ancestor) return extend(source, ancestor, path, options)
    if (oldest.number <= baseOf(branch).number)
      return { kind: 'deep', blocks: path, events: await readEvents(source, path, options) }
    const parent = await source.byHash(oldest.parentHash)
    if (!parent || parent.number !== oldest.number - 1n)
      throw new IndexerError('node_inconsistent', { reason: 'a parent is missing', child: oldest.hash })
    path.unshift(parent)
  }
}

const extend = async (source: Source, ancestor: BlockRef, blocks: Header[], options: ReadOptions): Promise<Reading> => ({
  kind: 'extend',
  ancestor,
  blocks,
  events: await readEvents(source, blocks, options),
})

const readEvents = async (source: Source, blocks: readonly Header[], options: ReadOptions): Promise<EscrowEvent[]> => {
  const settled = blocks.filter(block => block.number <= options.settledHeight)
  const perBlock = new Map<string, ChainLog[]>(blocks.map(block => [block.hash, []]))
  const byRange = settled.length > 1 ? settled : []
  if (byRange.length > 0) {
    for (const log of await source.logsBetween(byRange[0]!.number, byRange[byRange.length - 1]!.number)) {
      const logs = perBlock.get(log.blockHash)
      if (!logs) throw new IndexerError('node_inconsistent', { reason: 'a log of another block', blockHash: log.blockHash })
      logs.push(log)
    }
  }
  const byHash = blocks.slice(byRange.length)
  await inParallel(byHash, options.concurrency, async block => void perBlock.set(block.hash, await source.logsOf(block)))
  const suspects = blocks.filter(
    block => perBlock.get(block.hash)!.length === 0 && block.logsBloom && bloomAdmits(block.logsBloom, options.escrow),
  )
  await inParallel(suspects, options.concurrency, async block => {
    const logs = await source.logsOf(block)
    options.onSuspectBlock(block, logs.length)
    perBlock.set(block.hash, logs)
  })
  return decode([...perBlock.values()].flat(), options.onUnknownLog)
}
