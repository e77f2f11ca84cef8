import type { ClientBase } from 'pg'
import { clearAlarm, raiseAlarm } from './alarm.ts'
import type { BlockRef } from './canonical.ts'
import { IndexerError } from './errors.ts'
import { digestOf, linesByBlock, readLines } from './event-digest.ts'
import { decode } from './evm/decode.ts'
import type { Source } from './evm/source.ts'
import { inTransaction } from './in-transaction.ts'
import type { EscrowEvent, Hash } from './observation.ts'
import { type Repair, repairBlock } from './repair.ts'
import { compareTotals, type Total } from './totals.ts'

export type SecondReading =
  /** The tables and the contract agree up to here. */
  | { readonly kind: 'verified'; readonly height: bigint }
  /** Some blocks were set right; the range is read once more. */
  | { readonly kind: 'repaired'; readonly repairs: readonly Repair[] }
  /** The other node is on another branch below what is final, or tells what no escrow tells, and is asked no more for a while. */
  | { readonly kind: 'accused'; readonly endpoint: string }
  | { readonly kind: 'mismatch'; readonly totals: readonly Total[] }

/**
 * Reads final blocks a second time, from another node where there is one, and compares counts and digests with the tables; then what the
 * contract itself says is locked with what the events say. Only what agrees counts as verified, and that is written down.
 */
export const readSecondTime = async (
  db: ClientBase,
  source: Source,
  chain: string,
  from: bigint,
  to: BlockRef,
  tip: BlockRef,
  midway: boolean,
): Promise<SecondReading> => {
  const { endpoint, logs } = await source.readAgain(from, to.number)
  const read = readable(logs)
  if (read === undefined) {
    source.accuse(endpoint, 'second reading')
    return { kind: 'accused', endpoint }
  }
  const theirs = linesByBlock(read)
  const ours = await readLines(db, chain, from, to.number)
  const told = digestOf([...theirs.values()].flat())
  const known = digestOf([...ours.values()].flat())
  if (told.digest !== known.digest) {
    const doubtful = [...new Set([...theirs.keys(), ...ours.keys()])].filter(
      hash => theirs.get(hash)?.join() !== ours.get(hash)?.join(),
    )
    const blocks = await readBlockRefs(db, chain, doubtful)
    if (blocks.length < doubtful.length) {
      source.accuse(endpoint, 'second reading')
      return { kind: 'accused', endpoint }
    }
    const repairs: Repair[] = []
    for (const block of blocks) {
      const repair = await repairBlock(db, source, chain, block, 'second_reading', midway)
      if (repair) repairs.push(repair)
    }
    if (repairs.length > 0) return { kind: 'repaired', repairs }
    // The receipts of every block in question have said that the tables are right, and where there is no question the two agree.
    source.accuse(endpoint, 'second reading')
  }
  const totals = await compareTotals(db, source, chain, to, tip)
  const wrong = totals.filter(({ locked, folded }) => locked !== folded)
  if (wrong.length > 0) {
    await raiseAlarm(db, chain, 'total_locked_mismatch', { totals: wrong })
    return { kind: 'mismatch', totals: wrong }
  }
  await clearAlarm(db, chain, 'total_locked_mismatch')
  await inTransaction(db, async () => {
    await db.query({
      name: 'indexer_insert_check',
      text: `insert into chain_checks (chain, from_height, to_height, endpoint, events, digest, totals) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict do nothing`,
      values: [
        chain,
        from,
        to.number,
        endpoint,
        known.events,
        known.digest,
        JSON.stringify(Object.fromEntries(totals.map(toJson))),
      ],
    })
    const { rowCount } = await db.query({
      name: 'indexer_verify',
      text: `update chain_heads set verified_height = $3 where chain = $1 and verified_height = $2 and finalized_height >= $3`,
      values: [chain, from - 1n, to.number],
    })
    if (rowCount !== 1) throw new IndexerError('cursor_moved', { chain, verified: from - 1n })
  })
  return { kind: 'verified', height: to.number }
}

/** Undefined when a log cannot be one of the escrow's: what the tables hold was agreed upon and could be decoded, so this one node is wrong. */
const readable = (logs: Parameters<typeof decode>[0]): EscrowEvent[] | undefined => {
  try {
    return [...decode(logs, () => {}).events]
  } catch (error) {
    if (error instanceof IndexerError && error.code === 'log_undecodable') return undefined
    throw error
  }
}

const readBlockRefs = async (db: ClientBase, chain: string, hashes: readonly string[]): Promise<BlockRef[]> => {
  const { rows } = await db.query<{ number: string; hash: Hash }>(
    'select number, hash from chain_blocks where chain = $1 and canonical and hash = any($2) order by number',
    [chain, hashes],
  )
  return rows.map(({ number, hash }) => ({ number: BigInt(number), hash }))
}

const toJson = ({ token, height, locked }: Total) => [token, { height: height.toString(), locked: locked.toString() }]
