import type pg from 'pg'

export type InboxWrite = {
  readonly fact: string
  readonly subject: string
  readonly kind: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly revision: number
}

/** One committed transaction of the indexer, as the tables saw it. */
export type Committed = {
  /** Where it left the head, if it moved it. */
  readonly head:
    | { readonly height: number; readonly hash: string; readonly finalized: number; readonly halted: string | null }
    | undefined
  readonly inbox: readonly InboxWrite[]
  /** What it told the world of changed observations: `<fact> <revision>`. */
  readonly announced: readonly string[]
  /** The reorgs that it recorded. */
  readonly reorgs: readonly ReorgWrite[]
}

export type ReorgWrite = {
  readonly deep: boolean
  readonly depth: number
  readonly ancestor: string | null
  readonly from: string
  readonly orphanedBlocks: number
  readonly orphanedEvents: number
}

/**
 * Lets the tables remember every write to head, inbox, outbox and reorgs, by transaction: so the oracle sees what was handed over when, and not only what
 * is left in the end. What was rolled back is not remembered, as it was never said.
 */
export const keepJournal = async (db: pg.Pool): Promise<void> => {
  await db.query(`
    create schema fuzz;
    create table fuzz.journal (
      position bigint generated always as identity primary key, tx xid8 not null, chain text not null, source text not null, row jsonb not null);
    create index on fuzz.journal (chain, position);
    create function fuzz.note() returns trigger language plpgsql security definer as $$
    begin
      -- What the saga has read is its own mark, and no news.
      if tg_op = 'UPDATE' and to_jsonb(old) - 'consumed' = to_jsonb(new) - 'consumed' then return null; end if;
      insert into fuzz.journal (tx, chain, source, row)
      values (pg_current_xact_id(), coalesce(to_jsonb(new)->>'chain', to_jsonb(new)->>'source'), tg_table_name, to_jsonb(new));
      return null;
    end $$;
    create trigger note after insert or update on chain_heads for each row execute function fuzz.note();
    create trigger note after insert or update on inbox for each row execute function fuzz.note();
    create trigger note after insert or update on chain_outbox for each row execute function fuzz.note();
    create trigger note after insert or update on chain_reorgs for each row execute function fuzz.note()`)
}

/** In the order of the commits: a chain has one writer. */
export const readJournal = async (db: pg.Pool, chain: string): Promise<Committed[]> => {
  const { rows } = await db.query<{ tx: string; source: string; row: Record<string, string | undefined> }>(
    'select tx, source, row from fuzz.journal where chain = $1 order by position',
    [chain],
  )
  const byTx = new Map<string, { head: Committed['head']; inbox: InboxWrite[]; announced: string[]; reorgs: ReorgWrite[] }>()
  for (const { tx, source, row } of rows) {
    const committed = byTx.get(tx) ?? { head: undefined, inbox: [], announced: [], reorgs: [] }
    byTx.set(tx, committed)
    if (source === 'chain_heads')
      committed.head = {
        ...{ height: Number(row.cursor_height), hash: String(row.cursor_hash) },
        ...{ finalized: Number(row.finalized_height), halted: row.halted_reason ?? null },
      }
    else if (source === 'inbox') committed.inbox.push(row as unknown as InboxWrite)
    else if (source === 'chain_reorgs')
      committed.reorgs.push({
        ...{
          deep: Boolean(row.deep),
          depth: Number(row.depth),
          ancestor: row.ancestor_hash ?? null,
          from: String(row.from_hash),
        },
        ...{ orphanedBlocks: Number(row.orphaned_blocks), orphanedEvents: Number(row.orphaned_events) },
      })
    else if (row.type === 'observationChanged') committed.announced.push(`${row.fact} ${row.revision}`)
  }
  return [...byTx.values()]
}
