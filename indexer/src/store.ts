import type { ClientBase } from 'pg'
import { type Anomaly, insertAnomalies } from './anomaly.ts'
import type { Block, BlockRef, Branch } from './canonical.ts'
import { IndexerError } from './errors.ts'
import type { FinalHeights, FinalityMode } from './finality.ts'
import { inTransaction } from './in-transaction.ts'
import { insertBlocks } from './insert-blocks.ts'
import { insertCanonicalEvents, insertRivalEvents } from './insert-events.ts'
import type { EscrowEvent, Hash } from './observation.ts'
import { orphanAbove, recordReorg } from './orphan.ts'
import { tell } from './outbox.ts'
import type { TokenRow } from './token-states.ts'
import { insertTokenRows } from './token-store.ts'
import { withdraw } from './withdraw.ts'

/** Where a chain stands in the tables. */
export type Head = {
  /** The contract, or the accounts, that the events come from. */
  readonly escrow: string
  readonly cursor: BlockRef
  readonly heights: FinalHeights
  readonly mode: FinalityMode | undefined
  readonly haltedReason: string | undefined
  readonly alarm: string | undefined
  /** Up to here a second reading agrees; undefined: the chain needs none. */
  readonly verified: bigint | undefined
  readonly genesisHash: Hash | undefined
  readonly begunMidway: boolean
}

/** What one turn found: `blocks` on top of `ancestor`, which is the cursor unless there was a reorg. */
export type Commit = {
  readonly chain: string
  /** The cursor that the turn started from; the commit is refused when it has moved. */
  readonly from: BlockRef
  readonly ancestor: BlockRef
  readonly blocks: readonly Block[]
  readonly events: readonly EscrowEvent[]
  readonly tokens?: readonly TokenRow[]
  readonly anomalies?: readonly Anomaly[]
  readonly heights: FinalHeights
  readonly mode: FinalityMode | undefined
}

export const readHead = async (db: ClientBase, chain: string): Promise<Head | undefined> => {
  const { rows } = await db.query({
    name: 'indexer_read_head',
    text: `select escrow, cursor_height, cursor_hash, safe_height, finalized_height, finality_mode, halted_reason,
                  alarm, verified_height, genesis_hash, begun_midway
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
      alarm: row.alarm ?? undefined,
      verified: row.verified_height === null ? undefined : BigInt(row.verified_height),
      genesisHash: row.genesis_hash ?? undefined,
      begunMidway: row.begun_midway,
    }
  )
}

/** What an EVM chain begins with: its final blocks are read twice, and the contract may be older than our first block. */
export type EvmBeginning = { readonly genesisHash: Hash; readonly begunMidway: boolean }

/** Begins a chain at the block before the first one to read; that block is taken as final, since nothing of ours lies below. */
export const createHead = (db: ClientBase, chain: string, escrow: string, anchor: Block, evm?: EvmBeginning): Promise<void> =>
  inTransaction(db, async () => {
    await db.query(
      `insert into chain_heads (chain, escrow, cursor_height, cursor_hash, safe_height, finalized_height, verified_height, genesis_hash,
                                begun_midway)
       values ($1, $2, $3, $4, $3, $3, $5, $6, $7)`,
      [
        ...[chain, escrow, anchor.number, anchor.hash, evm ? anchor.number : null, evm?.genesisHash ?? null],
        evm?.begunMidway ?? false,
      ],
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

/** Of the chain's first block in the tables. */
export const readLowestHeight = async (db: ClientBase, chain: string): Promise<bigint> => {
  const { rows } = await db.query<{ number: string }>(
    'select min(number) as number from chain_blocks where chain = $1 and canonical',
    [chain],
  )
  return BigInt(rows[0]!.number)
}

/**
 * Cursor, blocks, events, tokens and the hand-off in one transaction. Returns how many events were orphaned and how many inbox rows
 * changed. Throws `cursor_moved` when the cursor is not where the turn started, or the chain was halted meanwhile; nothing is written then.
 */
export const commitBatch = (db: ClientBase, commit: Commit): Promise<{ orphaned: number; revised: number }> =>
  inTransaction(db, async () => {
    const { chain, from, ancestor, blocks, events } = commit
    await moveCursor(db, commit)
    const isReorg = ancestor.hash !== from.hash
    const orphaned = isReorg ? await orphanAbove(db, chain, ancestor.number) : []
    const newBlocks = await insertBlocks(db, chain, blocks, true)
    const told = await insertCanonicalEvents(db, chain, events, newBlocks)
    await insertTokenRows(db, chain, commit.tokens ?? [])
    await insertAnomalies(db, chain, commit.anomalies ?? [])
    // What is included again was told above and is no news here.
    const revised = told + (await withdraw(db, chain, orphaned))
    if (isReorg) {
      const to = blocks[blocks.length - 1] ?? ancestor
      const depth = from.number - ancestor.number
      await recordReorg(db, chain, { deep: false, depth, ancestor, from, to, orphanedEvents: orphaned.length })
    }
    return { orphaned: orphaned.length, revised }
  })

export type Halt = {
  readonly chain: string
  readonly from: BlockRef
  readonly reason: string
  /** The rival branch, oldest first, as far as it was read; none when the chain is halted for another reason. */
  readonly blocks: readonly Block[]
  readonly events: readonly EscrowEvent[]
}

/** Stops a chain until a person has looked. The rival branch is kept beside ours, and ours stays the canonical one. */
export const haltChain = (db: ClientBase, { chain, from, reason, blocks, events }: Halt): Promise<void> =>
  inTransaction(db, async () => {
    const { rowCount } = await db.query(
      'update chain_heads set halted_reason = $3, updated_at = now() where chain = $1 and cursor_hash = $2 and halted_reason is null',
      [chain, from.hash, reason],
    )
    if (rowCount !== 1) throw new IndexerError('cursor_moved', { chain })
    await insertBlocks(db, chain, blocks, false)
    await insertRivalEvents(db, chain, events)
    const [lowest, to] = [blocks[0], blocks[blocks.length - 1]]
    const depth = lowest === undefined || lowest.number > from.number ? 0n : from.number - lowest.number + 1n
    if (to !== undefined) await recordReorg(db, chain, { deep: true, depth, ancestor: undefined, from, to, orphanedEvents: 0 })
    await tell(db, chain, 'chainHalted', { reason, from, to: to && { number: to.number, hash: to.hash } })
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
