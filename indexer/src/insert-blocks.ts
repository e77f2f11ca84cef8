import type { ClientBase } from 'pg'
import type { Block } from './canonical.ts'

/** A chain can come back to a branch that it left: its rows are there already and become canonical again. */
export const insertBlocks = async (
  tx: ClientBase,
  chain: string,
  blocks: readonly Block[],
  canonical: boolean,
): Promise<void> => {
  if (blocks.length === 0) return
  await tx.query({
    name: 'indexer_insert_blocks',
    text: `insert into chain_blocks (chain, hash, number, parent_hash, time, canonical)
           select $1, hash, number, parent_hash, to_timestamp(time), $6
             from unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[]) b (hash, number, parent_hash, time)
           on conflict (chain, hash) do update set canonical = true where excluded.canonical`,
    values: [
      chain,
      blocks.map(block => block.hash),
      blocks.map(block => block.number),
      blocks.map(block => block.parentHash),
      blocks.map(block => block.time),
      canonical,
    ],
  })
}
