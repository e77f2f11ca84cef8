import type { ClientBase } from 'pg'

/** An event's row `e` as the saga reads it; see `Observation`. */
export const truth = `jsonb_strip_nulls(jsonb_build_object(
           'status', 'included', 'escrowId', e.escrow_id, 'ref', e.ref, 'token', e.token, 'payer', e.payer, 'payee', e.payee,
           'amount', e.amount::text, 'owner', e.payload->>'owner', 'sequence', e.payload->>'sequence',
           'balance', e.payload->>'balance', 'balanceId', e.payload->>'balanceId', 'memoType', e.payload->>'memoType',
           'feeBumpHash', e.payload->>'feeBumpHash', 'txHash', e.tx_hash, 'blockNumber', e.block_number::text,
           'blockHash', e.block_hash, 'logIndex', e.log_index))`

/**
 * The end of a statement whose common table expressions give `news` (fact, subject, kind, payload): each is written to the inbox when it is
 * news indeed, and told to the world. Ordered, so that two writers that share rows never wait for each other in a circle.
 */
export const tellNews = `, told as (
insert into inbox as i (source, fact, subject, kind, payload)
select $1, fact, subject, kind, payload from news order by fact
on conflict (source, fact) do update
   set subject = excluded.subject, kind = excluded.kind, payload = excluded.payload, revision = i.revision + 1
 where (i.subject, i.kind, i.payload) is distinct from (excluded.subject, excluded.kind, excluded.payload)
returning fact, kind, revision, payload
)
insert into chain_outbox (chain, type, fact, revision, details)
select $1, 'observationChanged', fact, revision,
       jsonb_build_object('kind', kind, 'status', payload->'status', 'blockHash', payload->'blockHash', 'logIndex', payload->'logIndex')
  from told`

// The newest truth about each touched fact, from the tables as this transaction has left them: included when a canonical event stands for
// it, else the last truth marked orphaned. A fact that left one block and came back in another within the same transaction is one change.
const handOffSql = `
with touched as (select distinct fact from unnest($2::text[]) t (fact)),
included as (
  select e.fact, e.ref as subject, e.type as kind, ${truth} as payload
    from touched t join chain_events e on e.chain = $1 and e.fact = t.fact and e.canonical
), orphaned as (
  select i.fact, i.subject, i.kind, i.payload || '{"status":"orphaned"}' as payload
    from touched t join inbox i on i.source = $1 and i.fact = t.fact
   where not exists (select from chain_events e where e.chain = $1 and e.fact = t.fact and e.canonical)
), news as (select * from included union all select * from orphaned)${tellNews}`

/**
 * Tells the saga's inbox what is now true of these facts, in the caller's transaction. Returns how many rows changed: the same truth
 * again changes none.
 */
export const handOff = async (tx: ClientBase, chain: string, facts: readonly string[]): Promise<number> => {
  if (facts.length === 0) return 0
  const { rowCount } = await tx.query({ name: 'indexer_hand_off', text: handOffSql, values: [chain, facts] })
  return rowCount ?? 0
}
