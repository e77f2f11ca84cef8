import type { ClientBase } from 'pg'
import type { Block } from './canonical.ts'

/**
 * A chain can come back to a branch that it left: its rows are there already and become canonical again. Returns whether none was there:
 * then no event of these blocks is either, since an event is written with its block or after it.
 */
export const insertBlocks = async (
  tx: ClientBase,
  chain: string,
  blocks: readonly Block[],
  canonical: boolean,
): Promise<boolean> => {
  if (blocks.length === 0) return false
  const hashes = blocks.map(block => block.hash)
  const { rowCount } = await tx.query({
    name: 'indexer_insert_blocks',
    text: `insert into chain_blocks (chain, hash, number, parent_hash, time, canonical)
           select $1, hash, number, parent_hash, to_timestamp(time), $6
             from unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[]) b (hash, number, parent_hash, time)
           on conflict (chain, hash) do nothing`,
    values: [
      chain,
      hashes,
      blocks.map(block => block.number),
      blocks.map(block => block.parentHash),
      blocks.map(block => block.time),
      canonical,
    ],
  })
  const allNew = rowCount === blocks.length
  if (canonical && !allNew)
    await tx.query({
      name: 'indexer_restore_blocks',
      text: 'update chain_blocks set canonical = true where chain = $1 and hash = any($2::text[]) and not canonical',
      values: [chain, hashes],
    })
  return allNew
}
