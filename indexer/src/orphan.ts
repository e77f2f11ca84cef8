import type { ClientBase } from 'pg'
import type { BlockRef } from './canonical.ts'
import { tell } from './outbox.ts'
import { orphanTokenRows } from './token-store.ts'

/** A branch that took another one's place, or that would. */
export type Reorg = {
  readonly deep: boolean
  readonly depth: bigint
  /** Undefined: below what was read of a deep one. */
  readonly ancestor: BlockRef | undefined
  readonly from: BlockRef
  readonly to: BlockRef
  readonly orphanedEvents: number
}

/** Marks what stands above a height; nothing is deleted. Returns the facts that may no longer be true. */
export const orphanAbove = async (tx: ClientBase, chain: string, number: bigint): Promise<string[]> => {
  await tx.query({
    name: 'indexer_orphan_blocks',
    text: 'update chain_blocks set canonical = false where chain = $1 and canonical and number > $2',
    values: [chain, number],
  })
  await orphanTokenRows(tx, chain, number)
  const { rows } = await tx.query<{ fact: string }>({
    name: 'indexer_orphan_events',
    text: 'update chain_events set canonical = false where chain = $1 and canonical and block_number > $2 returning fact',
    values: [chain, number],
  })
  return rows.map(row => row.fact)
}

export const recordReorg = async (tx: ClientBase, chain: string, reorg: Reorg): Promise<void> => {
  const { deep, depth, ancestor, from, to, orphanedEvents } = reorg
  await tx.query({
    name: 'indexer_record_reorg',
    text: `insert into chain_reorgs (chain, deep, depth, ancestor_height, ancestor_hash, from_height, from_hash, to_height, to_hash,
                                     orphaned_blocks, orphaned_events)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      ...[chain, deep, depth, ancestor?.number ?? null, ancestor?.hash ?? null, from.number, from.hash, to.number, to.hash],
      ...[deep ? 0 : depth, orphanedEvents],
    ],
  })
  if (!deep) await tell(tx, chain, 'chainReorganized', { depth, ancestor, from, to, orphanedEvents })
}
