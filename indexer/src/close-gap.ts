import type { ClientBase } from 'pg'
import { raiseAlarm } from './alarm.ts'
import { type Batch, type BatchOptions, withCertainLogs } from './batch.ts'
import type { BlockRef } from './canonical.ts'
import { IndexerError } from './errors.ts'
import { linesByBlock, readLines } from './event-digest.ts'
import { decode } from './evm/decode.ts'
import type { Source } from './evm/source.ts'
import { type Repair, repairBlock } from './repair.ts'
import { readBranch } from './store.ts'
import { type Folded, foldTokens, type SequenceGap, type TokenStates } from './token-states.ts'
import { readTokenStates } from './token-store.ts'

export type GapClosed = { readonly batch: Batch; readonly folded: Folded; readonly repairs: readonly Repair[] }

// How far back a missing event is looked for: by logs, and then block by block out of the receipts.
const farthest = 5_000n
const farthestByReceipts = 256n

/**
 * The contract counted an event that was not read. Reads the new blocks again out of their receipts, then those in the tables in which it
 * can stand. Raises the alarm and throws `sequence_gap` when it is nowhere: nothing is written above a gap.
 */
export const closeGap = async (
  db: ClientBase,
  source: Source,
  chain: string,
  ancestor: BlockRef,
  doubtful: { readonly batch: Batch; readonly before: TokenStates; readonly gap: SequenceGap; readonly midway: boolean },
  options: BatchOptions,
): Promise<GapClosed> => {
  const { midway } = doubtful
  const repairs: Repair[] = []
  let { batch, before, gap } = doubtful
  // A node that forgets one event may have forgotten others: as long as a gap closes, the next one may, too.
  for (;;) {
    const { from, to } = gap
    batch = await withCertainLogs(source, batch, ({ number }) => number >= from && number <= to, options)
    let folded = foldTokens(before, batch.steps, midway)
    if (folded.gap && isSame(folded.gap, gap)) {
      repairs.push(...(await repairTables(db, source, chain, ancestor, gap, midway)))
      before = await readTokenStates(db, chain, ancestor.number)
      folded = foldTokens(before, batch.steps, midway)
    }
    if (!folded.gap) return { batch, folded, repairs }
    if (isSame(folded.gap, gap)) {
      await raiseAlarm(db, chain, 'sequence_gap', gap)
      throw new IndexerError('sequence_gap', gap)
    }
    gap = folded.gap
  }
}

const isSame = (a: SequenceGap, b: SequenceGap) => a.token === b.token && a.expected === b.expected && a.found === b.found

const repairTables = async (
  db: ClientBase,
  source: Source,
  chain: string,
  ancestor: BlockRef,
  gap: SequenceGap,
  midway: boolean,
): Promise<Repair[]> => {
  const lowest = gap.from > ancestor.number - farthest ? gap.from : ancestor.number - farthest
  const from = lowest > 0n ? lowest : 0n
  const blocks = (await readBranch(db, chain, from)).filter(({ number }) => number <= ancestor.number)
  if (blocks.length === 0) return []
  const { logs } = await source.readAgain(blocks[0]!.number, ancestor.number)
  const theirs = linesByBlock(decode(logs, () => {}).events)
  const ours = await readLines(db, chain, from, ancestor.number)
  const byLogs = blocks.filter(({ hash }) => theirs.get(hash)?.join() !== ours.get(hash)?.join())
  const byReceipts = blocks.filter(block => block.number > ancestor.number - farthestByReceipts)
  for (const candidates of [byLogs, byReceipts]) {
    const repairs: Repair[] = []
    for (const block of candidates) {
      const repair = await repairBlock(db, source, chain, block, 'sequence_gap', midway)
      if (repair) repairs.push(repair)
    }
    if (repairs.length > 0) return repairs
  }
  return []
}
