// Published: the bridge service reads the chain through these, under its own role, and through nothing else.
import type { BlockRef } from './canonical.ts'
import type { FinalityMode } from './finality.ts'
import type { EscrowEvent, Hash } from './observation.ts'

/** A pool or a client of `pg`. */
export type Queryable = {
  query: <R>(query: { name: string; text: string; values: unknown[] }) => Promise<{ rows: R[] }>
}

export type ChainHead = {
  readonly chain: string
  /** The newest block in the tables. */
  readonly latest: BlockRef
  readonly safeHeight: bigint
  readonly finalizedHeight: bigint
  /** Undefined until the node has shown which it is; nothing is final until then. */
  readonly finalityMode: FinalityMode | undefined
  /** Set: nothing of this chain becomes final until an operator has looked. */
  readonly haltedReason: string | undefined
  /** Set: its events are in doubt, and nothing becomes final until that is over. */
  readonly alarm: string | undefined
  /** Up to here a second reading agrees with the tables; undefined on a chain that needs none. */
  readonly verifiedHeight: bigint | undefined
  readonly updatedAt: Date
}

/** Where every chain stands. */
export const heads = async (db: Queryable): Promise<ChainHead[]> => {
  const { rows } = await db.query<{
    chain: string
    cursor_height: string
    cursor_hash: Hash
    safe_height: string
    finalized_height: string
    finality_mode: FinalityMode | null
    halted_reason: string | null
    alarm: string | null
    verified_height: string | null
    updated_at: Date
  }>({
    name: 'indexer_heads',
    text: `select chain, cursor_height, cursor_hash, safe_height, finalized_height, finality_mode, halted_reason, alarm,
                  verified_height, updated_at
             from chain_heads order by chain`,
    values: [],
  })
  return rows.map(row => ({
    chain: row.chain,
    latest: { number: BigInt(row.cursor_height), hash: row.cursor_hash },
    safeHeight: BigInt(row.safe_height),
    finalizedHeight: BigInt(row.finalized_height),
    finalityMode: row.finality_mode ?? undefined,
    haltedReason: row.halted_reason ?? undefined,
    alarm: row.alarm ?? undefined,
    verifiedHeight: row.verified_height === null ? undefined : BigInt(row.verified_height),
    updatedAt: row.updated_at,
  }))
}

/** An event with the fact that it is, and whether its block is on the canonical chain. */
export type RecordedEvent = EscrowEvent & { readonly chain: string; readonly fact: string; readonly canonical: boolean }

type EventRow = {
  chain: string
  fact: string
  type: EscrowEvent['type']
  escrow_id: Hash | null
  ref: string
  token: string
  payer: string | null
  payee: string | null
  amount: string | null
  payload: Record<string, unknown>
  tx_hash: Hash
  ordinal: number
  block_number: string
  block_hash: Hash
  log_index: number
  canonical: boolean
}

const eventColumns = `chain, fact, type, escrow_id, ref, token, payer, payee, amount, payload, tx_hash, ordinal, block_number, block_hash,
                      log_index, canonical`
const inChainOrder = 'order by chain, block_number, canonical, block_hash, log_index'

/** Every event of one escrow, by its id or by its ref, orphaned ones too, in the order of the chain. */
export const escrowEvents = async (db: Queryable, by: { escrowId: Hash } | { ref: Hash }): Promise<RecordedEvent[]> => {
  const [column, value] = 'escrowId' in by ? (['escrow_id', by.escrowId] as const) : (['ref', by.ref] as const)
  const { rows } = await db.query<EventRow>({
    name: `indexer_escrow_events_by_${column}`,
    text: `select ${eventColumns} from chain_events where ${column} = $1 ${inChainOrder}`,
    values: [value.toLowerCase()],
  })
  return rows.map(recordedEvent)
}

/** The same of many escrows, by their ids. */
export const eventsOfEscrows = async (db: Queryable, escrowIds: readonly Hash[]): Promise<Map<Hash, RecordedEvent[]>> => {
  const { rows } = await db.query<EventRow>({
    name: 'indexer_events_of_escrows',
    text: `select ${eventColumns} from chain_events where escrow_id = any($1) ${inChainOrder}`,
    values: [escrowIds],
  })
  return Map.groupBy(rows.map(recordedEvent), event => event.escrowId!)
}

const recordedEvent = (row: EventRow): RecordedEvent => ({
  chain: row.chain,
  fact: row.fact,
  canonical: row.canonical,
  type: row.type,
  ...(row.escrow_id === null ? {} : { escrowId: row.escrow_id }),
  ref: row.ref,
  token: row.token,
  ...(row.payer === null ? {} : { payer: row.payer }),
  ...(row.payee === null ? {} : { payee: row.payee }),
  ...(row.amount === null ? {} : { amount: BigInt(row.amount) }),
  payload: row.payload,
  txHash: row.tx_hash,
  ordinal: row.ordinal,
  blockNumber: BigInt(row.block_number),
  blockHash: row.block_hash,
  logIndex: row.log_index,
})

/** A row of `finality_waits` that is due: its fact stands in this block, which is final at the level that the wait asks for. */
export type FinalFact = {
  readonly transferId: string
  /** The wait's own: `lock`, `release`, `refund`. */
  readonly kind: string
  readonly chain: string
  readonly fact: string
  readonly escrowId: Hash
  readonly blockNumber: bigint
  readonly blockHash: Hash
}

// A wait's height was computed from the block that the saga knew. Three guards, because by now the fact may stand elsewhere: the saga must
// have consumed the newest truth about it, its block must lie below the head of that level itself, and it must still be what was waited
// for: after a reorg the same transaction may emit another event, or one for another escrow.
//
// Those of a transfer that a person has taken out of the saga wait with it.
//
// A claim of a deposit's balance is the commit of it, and a plain payment is committed as it comes: a Stellar ledger knows no other.
//
// `finalized` counts as far as a second reading of the blocks has confirmed what the tables say of them.
//
// `limit 1` and `offset 0` keep the planner from hashing the whole of events, inbox and transfers for the sake of a hundred rows: with
// 29,000 waits due, 100 of them take 2 ms instead of 32.
const finalFactsSql = `
select w.transfer_id, w.kind, w.chain, w.fact, e.escrow_id, e.block_number, e.block_hash
  from chain_heads h
 cross join lateral (values ('latest', h.cursor_height), ('safe', h.safe_height),
                             ('finalized', least(h.finalized_height, coalesce(h.verified_height, h.finalized_height)))) l (level, height)
  join finality_waits w on w.chain = h.chain and w.level = l.level and w.height <= l.height
 cross join lateral (
   select e.type, e.escrow_id, e.ref, e.block_number, e.block_hash,
          (e.type = 'escrowReleased' and e.payload->>'balance' = 'deposit') or (e.type = 'depositReceived' and e.balance_id is null) as commits
     from chain_events e where e.chain = w.chain and e.fact = w.fact and e.canonical limit 1
 ) e
 where h.halted_reason is null and h.alarm is null
   and e.block_number <= l.height
   and (e.type = any (case when w.kind = 'lock' then '{escrowLocked}'::text[] when w.kind = 'deposit' then '{escrowLocked,depositReceived}'
                          when w.kind = 'commit' then '{escrowCommitted}' when w.kind in ('release', 'depositRelease') then '{escrowReleased}'
                          when w.kind in ('refund', 'depositRefund') then '{escrowRefunded}' else array[e.type] end)
        or (w.kind = 'commit' and e.commits))
   and not exists (select from inbox i where i.source = w.chain and i.fact = w.fact and i.consumed < i.revision offset 0)
   and not exists (select from transfers t where t.id = w.transfer_id and (t.escrow_ref <> e.ref or t.parked_reason is not null) offset 0)
 limit $1`

/** At most `limit` waits that are due now, in no order. The caller ends each wait in the transaction that acts on it. */
export const finalFacts = async (db: Queryable, limit: number): Promise<FinalFact[]> => {
  const { rows } = await db.query<{
    transfer_id: string
    kind: string
    chain: string
    fact: string
    escrow_id: Hash
    block_number: string
    block_hash: Hash
  }>({ name: 'indexer_final_facts', text: finalFactsSql, values: [limit] })
  return rows.map(row => ({
    transferId: row.transfer_id,
    kind: row.kind,
    chain: row.chain,
    fact: row.fact,
    escrowId: row.escrow_id,
    blockNumber: BigInt(row.block_number),
    blockHash: row.block_hash,
  }))
}

/** A reorg that was rolled back, or, when `deep`, one below finality that halted the chain. */
export type Reorg = {
  readonly id: string
  readonly at: Date
  readonly deep: boolean
  /** How many of our blocks the other branch contradicts; of a deep one as far as it was read. */
  readonly depth: number
  /** Undefined: deep, and the ancestor lies below what was read. */
  readonly ancestor: BlockRef | undefined
  /** Our newest block before, and the newest that was read of the other branch. */
  readonly from: BlockRef
  readonly to: BlockRef
  readonly orphanedBlocks: number
  readonly orphanedEvents: number
}

/** Newest first, below `before`, which is an id. */
export const reorgs = async (db: Queryable, chain: string, before: string | undefined, limit: number): Promise<Reorg[]> => {
  const { rows } = await db.query<{
    id: string
    at: Date
    deep: boolean
    depth: number
    ancestor_height: string | null
    ancestor_hash: Hash | null
    from_height: string
    from_hash: Hash
    to_height: string
    to_hash: Hash
    orphaned_blocks: number
    orphaned_events: number
  }>({
    name: 'indexer_reorgs',
    text: `select id, at, deep, depth, ancestor_height, ancestor_hash, from_height, from_hash, to_height, to_hash, orphaned_blocks,
                  orphaned_events
             from chain_reorgs where chain = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    values: [chain, before ?? null, limit],
  })
  return rows.map(row => ({
    id: row.id,
    at: row.at,
    deep: row.deep,
    depth: row.depth,
    ancestor:
      row.ancestor_height === null || row.ancestor_hash === null
        ? undefined
        : { number: BigInt(row.ancestor_height), hash: row.ancestor_hash },
    from: { number: BigInt(row.from_height), hash: row.from_hash },
    to: { number: BigInt(row.to_height), hash: row.to_hash },
    orphanedBlocks: row.orphaned_blocks,
    orphanedEvents: row.orphaned_events,
  }))
}

/** A node as the chain's writer sees it. */
export type EndpointHealth = {
  readonly chain: string
  /** Its host: a URL may hold a key. */
  readonly endpoint: string
  readonly standing: 'good' | 'lagging' | 'forked' | 'lying' | 'limited' | 'silent' | 'foreign'
  readonly headHeight: bigint | undefined
  /** A moving average. */
  readonly latencyMs: number | undefined
  readonly requests: bigint
  readonly failures: bigint
  readonly disagreements: bigint
  readonly updatedAt: Date
}

export const endpointsHealth = async (db: Queryable): Promise<EndpointHealth[]> => {
  const { rows } = await db.query<{
    chain: string
    endpoint: string
    standing: EndpointHealth['standing']
    head_height: string | null
    latency_ms: number | null
    requests: string
    failures: string
    disagreements: string
    updated_at: Date
  }>({
    name: 'indexer_endpoints_health',
    text: `select chain, endpoint, standing, head_height, latency_ms, requests, failures, disagreements, updated_at
             from chain_endpoints order by chain, endpoint`,
    values: [],
  })
  return rows.map(row => ({
    chain: row.chain,
    endpoint: row.endpoint,
    standing: row.standing,
    headHeight: row.head_height === null ? undefined : BigInt(row.head_height),
    latencyMs: row.latency_ms ?? undefined,
    requests: BigInt(row.requests),
    failures: BigInt(row.failures),
    disagreements: BigInt(row.disagreements),
    updatedAt: row.updated_at,
  }))
}
