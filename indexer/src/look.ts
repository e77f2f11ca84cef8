import type { Batch } from './batch.ts'
import { type BlockRef, place, tipOf } from './canonical.ts'
import type { Header } from './evm/header.ts'
import type { Source } from './evm/source.ts'
import type { Tags } from './finality.ts'
import type { Held } from './held.ts'
import { readAhead } from './read-ahead.ts'
import { type Reading, type ReadOptions, readBatch } from './read-batch.ts'

/** What the nodes show, from their newest block down. */
export type Found = {
  readonly latest: Header
  readonly tags: Tags
  /** Whether the newest block and the tags were asked for in this turn. */
  readonly fresh: boolean
  /** `below`: the newest block is older than everything that we hold. */
  readonly reading: Reading | { readonly kind: 'below' }
}

// While it reads ahead over settled blocks it has no need of the newest one more often than this.
const headEveryMs = 1_000

/**
 * The nodes' part of a turn: nothing here writes, so everything can simply be asked again. Far below finality it reads by ranges and ahead
 * of the writer, near it block by block.
 */
export const createLook = (source: Source, finalityDepth: bigint, options: ReadOptions) => {
  let ahead: { readonly batches: AsyncGenerator<Batch>; next: bigint } | undefined
  let head: { readonly latest: Header; readonly tags: Tags } | undefined
  let headAtMs = 0

  /** The next settled batch on top of the tip, if there is one. */
  const settledBatch = async (tip: BlockRef, settled: bigint): Promise<Batch | undefined> => {
    if (settled <= tip.number) {
      ahead = undefined
      return undefined
    }
    if (ahead?.next !== tip.number + 1n)
      ahead = { batches: readAhead(source, tip.number + 1n, settled, options), next: tip.number + 1n }
    const { value: batch } = await ahead.batches.next()
    if (!batch || batch.blocks[0]!.parentHash !== tip.hash) {
      ahead = undefined
      return undefined
    }
    ahead.next = batch.blocks[batch.blocks.length - 1]!.number + 1n
    return batch
  }

  return async (held: Held): Promise<Found> => {
    try {
      const nowMs = performance.now()
      const fresh = !ahead || !head || nowMs - headAtMs > headEveryMs
      if (fresh || !head) {
        head = await source.head()
        headAtMs = nowMs
      }
      const { latest, tags } = head
      const tip = tipOf(held.branch)
      const batch = await settledBatch(tip, settledHeight(latest, tags, held, finalityDepth))
      if (batch) return { latest, tags, fresh, reading: { kind: 'extend', ancestor: tip, batch } }
      if (place(held.branch, latest) === 'below') return { latest, tags, fresh, reading: { kind: 'below' } }
      return { latest, tags, fresh, reading: await readBatch(source, held.branch, latest, options) }
    } catch (error) {
      ahead = undefined
      throw error
    }
  }
}

/**
 * No reorg reaches this height or one below it, as far as the nodes' word goes. While it is not known yet whether their tags mean
 * anything, only what is final both by tag and by depth.
 */
const settledHeight = (latest: Header, { finalized }: Tags, { evidence }: Held, depth: bigint): bigint => {
  const byDepth = latest.number - depth
  const byTag = finalized && finalized.number < latest.number ? finalized.number : undefined
  if (evidence.mode === 'tags') return byTag ?? -1n
  if (evidence.mode === 'depth') return byDepth
  return byTag !== undefined && byTag < byDepth ? byTag : byDepth
}
