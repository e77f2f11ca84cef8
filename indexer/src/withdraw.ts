import type { ClientBase } from 'pg'

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
returning fact, revision, payload
)
insert into chain_outbox (chain, type, fact, revision, status, block_hash, log_index)
select $1, 'observationChanged', fact, revision, payload->>'status', payload->>'blockHash', (payload->'logIndex')::int from told`

const withdrawSql = `
with touched as (select distinct fact from unnest($2::text[]) t (fact)),
news as (
  select i.fact, i.subject, i.kind, i.payload || '{"status":"orphaned"}' as payload
    from touched t join inbox i on i.source = $1 and i.fact = t.fact
   where not exists (select from chain_events e where e.chain = $1 and e.fact = t.fact and e.canonical)
)${tellNews}`

/**
 * Tells the saga's inbox, in the caller's transaction and after what is included was told, which of these facts are true no longer: those
 * for which no canonical event stands. So a fact that left one block and came back in another is one change. Returns how many rows changed.
 */
export const withdraw = async (tx: ClientBase, chain: string, facts: readonly string[]): Promise<number> => {
  if (facts.length === 0) return 0
  const { rowCount } = await tx.query({ name: 'indexer_withdraw', text: withdrawSql, values: [chain, facts] })
  return rowCount ?? 0
}
