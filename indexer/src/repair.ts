import type { ClientBase } from 'pg'
import type { BlockRef } from './canonical.ts'
import { linesByBlock, readLines, withoutOrdinal } from './event-digest.ts'
import { decode } from './evm/decode.ts'
import type { Source } from './evm/source.ts'
import { inTransaction } from './in-transaction.ts'
import { insertCanonicalEvents } from './insert-events.ts'
import { foldTokens } from './token-states.ts'
import { correctTokenRows, hasTokenRows, readTokenStates } from './token-store.ts'
import { withdraw } from './withdraw.ts'

export type Repair = { readonly block: BlockRef; readonly added: number; readonly removed: number }

/**
 * Compares a block of the tables with its receipts, on which the nodes agree, and makes the tables right where they are wrong: what was
 * missing is handed to the saga, what never was is orphaned. Undefined: the tables were right.
 */
export const repairBlock = async (
  db: ClientBase,
  source: Source,
  chain: string,
  block: BlockRef,
  cause: 'sequence_gap' | 'second_reading',
  midway: boolean,
): Promise<Repair | undefined> => {
  const { events, steps } = decode(await source.certainLogsOf(block), () => {})
  const ours = (await readLines(db, chain, block.number, block.number)).get(block.hash) ?? []
  const theirs = linesByBlock(events).get(block.hash) ?? []
  // A log that was missing shifts the ordinals behind it: such an event gets another name as a fact, and is the same event.
  const [held, real] = [ours.map(withoutOrdinal), theirs.map(withoutOrdinal)]
  const added = real.filter(line => !held.includes(line)).length
  const removed = held.filter(line => !real.includes(line)).length
  const states = await readTokenStates(db, chain, block.number - 1n)
  // Above a gap in an earlier block nothing can be said of the numbers of this one, until that block was set right.
  const { rows, gap } = foldTokens(states, steps, midway)
  const numbered = gap !== undefined || (await hasTokenRows(db, chain, block, rows))
  if (numbered && ours.join('\n') === theirs.join('\n')) return undefined
  await inTransaction(db, async () => {
    const { rows: before } = await db.query<{ fact: string }>(
      'update chain_events set canonical = false where chain = $1 and block_hash = $2 and canonical returning fact',
      [chain, block.hash],
    )
    await insertCanonicalEvents(db, chain, events, false)
    await withdraw(
      db,
      chain,
      before.map(({ fact }) => fact),
    )
    if (gap === undefined) await correctTokenRows(db, chain, block, rows)
    await db.query(
      'insert into chain_repairs (chain, height, block_hash, cause, added, removed) values ($1, $2, $3, $4, $5, $6)',
      [...[chain, block.number, block.hash, cause, added, removed]],
    )
  })
  return { block, added, removed }
}
