import { type Batch, toBatch } from './batch.ts'
import { linkedPrefix } from './canonical.ts'
import type { Source } from './evm/source.ts'
import type { ReadOptions } from './read-batch.ts'

// Batches on their way while one is written: enough to keep nodes and database busy, few enough to know what it holds in memory.
const ahead = 3

/**
 * Blocks that no reorg can reach, from `from` to `to`, batch by batch in their order, a few of them read while the last is being written.
 * Ends early after a batch that does not hang together, and at a block that the nodes do not have. Whether the first follows on what is
 * in the tables is for the caller to see.
 */
export async function* readAhead(source: Source, from: bigint, to: bigint, options: ReadOptions): AsyncGenerator<Batch> {
  const size = BigInt(options.batchSize)
  const reading: Promise<Batch>[] = []
  let next = from
  const begin = () => {
    const last = next + size - 1n < to ? next + size - 1n : to
    const batch = readRange(source, next, last, options)
    batch.catch(() => {}) // it is heard of when its turn comes, if it comes
    reading.push(batch)
    next = last + 1n
  }
  for (;;) {
    while (reading.length < ahead && next <= to) begin()
    const batch = await reading.shift()
    if (batch === undefined || batch.blocks.length === 0) return
    yield batch
    if (BigInt(batch.blocks.length) < size) return
  }
}

const readRange = async (source: Source, from: bigint, to: bigint, options: ReadOptions): Promise<Batch> => {
  const [headers, logs] = await Promise.all([source.headers(from, to), source.logsBetween(from, to)])
  const blocks = linkedPrefix(headers)
  const reached = blocks[blocks.length - 1]?.number ?? -1n
  return toBatch(
    source,
    blocks,
    logs.filter(log => log.blockNumber <= reached),
    options,
  )
}
