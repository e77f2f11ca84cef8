import type { ClientBase } from 'pg'
import { type Anomaly, insertAnomalies } from './anomaly.ts'
import type { Block, BlockRef, Branch } from './canonical.ts'
import { IndexerError } from './errors.ts'
import type { FinalHeights, FinalityMode } from './finality.ts'
import { handOff } from './hand-off.ts'
import type { EscrowEvent, Hash } from './observation.ts'

/** Where a chain stands in the tables. */
export type Head = {
  /** The contract, or the accounts, that the events come from. */
  readonly escrow: string
  readonly cursor: BlockRef
  readonly heights: FinalHeights
  readonly mode: FinalityMode | undefined
  readonly haltedReason: string | undefined
}

/** What one turn found: `blocks` on top of `ancestor`, which is the cursor unless there was a reorg. */
export type Commit = {
  readonly chain: string
  /** The cursor that the turn started from; the commit is refused when it has moved. */
  readonly from: BlockRef
  readonly ancestor: BlockRef
  readonly blocks: readonly Block[]
  readonly events: readonly EscrowEvent[]
  readonly anomalies?: readonly Anomaly[]
  readonly heights: FinalHeights
  readonly mode: FinalityMode | undefined
}

export const readHead = async (db: ClientBase, chain: string): Promise<Head | undefined> => {
  const { rows } = await db.query({
    name: 'indexer_read_head',
    text: `select escrow, cursor_height, cursor_hash, safe_height, finalized_height, finality_mode, halted_reason
             from chain_heads where chain = $1`,
    values: [chain],
  })
  const row = rows[0]
  return (
    row && {
      escrow: row.escrow,
      cursor: { number: BigInt(row.cursor_height), hash: row.cursor_hash },
      heights: { safe: BigInt(row.safe_height), finalized: BigInt(row.finalized_height) },
      mode: row.finality_mode ?? undefined,
      haltedReason: row.halted_reason ?? undefined,
    }
  )
}

/** Begins a chain at the block before the first one to read; that block is taken as final, since nothing of ours lies below. */
export const createHead = (db: ClientBase, chain: string, escrow: string, anchor: Block): Promise<void> =>
  inTransaction(db, async () => {
    await db.query(
      `insert into chain_heads (chain, escrow, cursor_height, cursor_hash, safe_height, finalized_height) values ($1, $2, $3, $4, $3, $3)`,
      [chain, escrow, anchor.number, anchor.hash],
    )
    await insertBlocks(db, chain, [anchor], true)
  })

/** The canonical blocks from this height up to the cursor. */
export const readBranch = async (db: ClientBase, chain: string, from: bigint): Promise<Branch> => {
  const { rows } = await db.query<{ number: string; hash: Hash }>({
    name: 'indexer_read_branch',
    text: 'select number, hash from chain_blocks where chain = $1 and canonical and number >= $2 order by number',
    values: [chain, from],
  })
  return rows.map(({ number, hash }) => ({ number: BigInt(number), hash }))
}

export const readCanonicalHash = async (db: ClientBase, chain: string, number: bigint): Promise<Hash | undefined> => {
  const { rows } = await db.query<{ hash: Hash }>({
    name: 'indexer_read_canonical_hash',
    text: 'select hash from chain_blocks where chain = $1 and canonical and number = $2',
    values: [chain, number],
  })
  return rows[0]?.hash
}

/**
 * Cursor, blocks, events and the hand-off in one transaction. Returns how many events were orphaned and how many inbox rows changed.
 * Throws `cursor_moved` when the cursor is not where the turn started, or the chain was halted meanwhile; nothing is written then.
 */
export const commitBatch = (db: ClientBase, commit: Commit): Promise<{ orphaned: number; revised: number }> =>
  inTransaction(db, async () => {
    const { chain, ancestor, blocks, events } = commit
    await moveCursor(db, commit)
    const orphaned = ancestor.hash === commit.from.hash ? [] : await orphanAbove(db, chain, ancestor.number)
    await insertBlocks(db, chain, blocks, true)
    await insertEvents(db, chain, events, true)
    await insertAnomalies(db, chain, commit.anomalies ?? [])
    const revised = await handOff(db, chain, [...orphaned, ...events.map(event => `${event.txHash}:${event.ordinal}`)])
    return { orphaned: orphaned.length, revised }
  })

/** Stops a chain until a person has looked. The rival branch is kept beside ours, and ours stays the canonical one. */
export const haltChain = (
  db: ClientBase,
  halt: { chain: string; from: BlockRef; reason: string; blocks: readonly Block[]; events: readonly EscrowEvent[] },
): Promise<void> =>
  inTransaction(db, async () => {
    const { rowCount } = await db.query(
      'update chain_heads set halted_reason = $3, updated_at = now() where chain = $1 and cursor_hash = $2 and halted_reason is null',
      [halt.chain, halt.from.hash, halt.reason],
    )
    if (rowCount !== 1) throw new IndexerError('cursor_moved', { chain: halt.chain })
    await insertBlocks(db, halt.chain, halt.blocks, false)
    await insertEvents(db, halt.chain, halt.events, false)
  })

/** A statement of its own, after the commit: inside the transaction it would serialise every writer's commit. */
export const wakeSaga = (db: ClientBase) => db.query('notify causeway_inbox')

const moveCursor = async (tx: ClientBase, { chain, from, ancestor, blocks, heights, mode }: Commit) => {
  const to = blocks[blocks.length - 1] ?? ancestor
  const { rowCount } = await tx.query({
    name: 'indexer_move_cursor',
    text: `update chain_heads
              set cursor_height = $3, cursor_hash = $4, safe_height = $5, finalized_height = greatest(finalized_height, $6::bigint),
                  finality_mode = $7, updated_at = now()
            where chain = $1 and cursor_hash = $2 and halted_reason is null`,
    values: [chain, from.hash, to.number, to.hash, heights.safe, heights.finalized, mode ?? null],
  })
  if (rowCount !== 1) throw new IndexerError('cursor_moved', { chain, from: from.hash })
}

const orphanAbove = async (tx: ClientBase, chain: string, number: bigint): Promise<string[]> => {
  await tx.query({
    name: 'indexer_orphan_blocks',
    text: 'update chain_blocks set canonical = false where chain = $1 and canonical and number > $2',
    values: [chain, number],
  })
  const { rows } = await tx.query<{ fact: string }>({
    name: 'indexer_orphan_events',
    text: 'update chain_events set canonical = false where chain = $1 and canonical and block_number > $2 returning fact',
    values: [chain, number],
  })
  return rows.map(row => row.fact)
}

// A chain can come back to a branch that it left: its rows are there already and become canonical again.
const insertBlocks = async (tx: ClientBase, chain: string, blocks: readonly Block[], canonical: boolean) => {
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

const insertEvents = async (tx: ClientBase, chain: string, events: readonly EscrowEvent[], canonical: boolean) => {
  if (events.length === 0) return
  await tx.query({
    name: 'indexer_insert_events',
    text: `insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token,
                                     payer, payee, amount, payload, canonical)
           select $1, "blockHash", "logIndex", "txHash", ordinal, "blockNumber", type, "escrowId", ref, token,
                  payer, payee, amount, payload, $3
             from jsonb_to_recordset($2::jsonb) e (
               "blockHash" text, "logIndex" int, "txHash" text, ordinal int, "blockNumber" bigint, type text, "escrowId" text, ref text,
               token text, payer text, payee text, amount numeric, payload jsonb)
           on conflict (chain, block_hash, log_index) do update set canonical = true where excluded.canonical`,
    values: [chain, JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? value.toString() : value)), canonical],
  })
}

const inTransaction = async <T>(db: ClientBase, work: () => Promise<T>): Promise<T> => {
  await db.query('begin')
  try {
    const result = await work()
    await db.query('commit')
    return result
  } catch (error) {
    await db.query('rollback').catch(() => {}) // the connection is gone, and the transaction with it
    throw error
  }
}
