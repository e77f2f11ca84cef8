import type { Pool, PoolClient } from 'pg'
import type { RailOrder } from '../rails/rail.ts'
import { hearRefund } from '../refunds/hear-refund.ts'
import { inTransaction } from '../transaction.ts'
import { type JudgedLine, judgePage, type NamedOrder, newsOf } from './judge-page.ts'
import type { StatementPage, StatementStore } from './statement-store.ts'

export const postgresStatementStore = (pool: Pool): StatementStore => ({
  cursorOf: (rail, account) => cursorOf(pool, rail, account),
  keepPage: page => inTransaction(pool, client => keepPage(client, page)),
})

const cursorOf = async (pool: Pool, rail: string, account: string): Promise<string | undefined> => {
  const { rows } = await pool.query<{ cursor: string | null }>(
    `with known as (insert into bank_statements (rail, account) values ($1, $2) on conflict do nothing)
     select cursor from bank_statements where rail = $1 and account = $2`,
    [rail, account],
  )
  return rows[0]?.cursor ?? undefined
}

const keepPage = async (client: PoolClient, page: StatementPage): Promise<readonly JudgedLine[]> => {
  const { rail, account, after } = page
  const { rows } = await client.query<{ ms: number }>(
    `select (extract(epoch from causeway_now()) * 1000)::float8 as ms from bank_statements
      where rail = $1 and account = $2 and cursor is not distinct from $3 for update`,
    [rail, account, after ?? null],
  )
  if (rows[0] === undefined) return []
  const lines = await unkept(client, page)
  if (lines.length === 0) return []
  const fresh = { ...page, lines }
  const named = await ordersOf(client, fresh)
  const judged = judgePage(fresh, rows[0].ms, externalId => named.get(externalId))
  await client.query('update bank_statements set cursor = $3, read_at = now() where rail = $1 and account = $2', [
    ...[rail, account, lines.at(-1)!.cursor],
  ])
  await insertLines(client, rail, account, judged)
  await tellSaga(client, page, await withoutRefunds(client, rail, judged))
  return judged
}

/** A bank that serves a page again must neither count a line twice nor keep us from those behind it. */
const unkept = async (client: PoolClient, { rail, account, lines }: StatementPage): Promise<StatementPage['lines']> => {
  const { rows } = await client.query<{ cursor: string }>(
    'select cursor from bank_statement_lines where rail = $1 and account = $2 and cursor = any ($3)',
    [rail, account, lines.map(({ cursor }) => cursor)],
  )
  const kept = new Set(rows.map(({ cursor }) => cursor))
  return lines.filter(({ cursor }) => !kept.has(cursor))
}

/** The orders that lines name, and what earlier lines have moved for each. */
const ordersOf = async (client: PoolClient, { rail, lines }: StatementPage): Promise<Map<string, NamedOrder>> => {
  type Row = Omit<NamedOrder, 'order' | 'earlier'> & { external_id: string; order: RailOrder | null; earlier: string[] }
  const { rows } = await client.query<Row>(
    `select w.external_id, i.key, coalesce(i.request->'order', f.request) as order, i.status, f.id is not null as "isRefund",
            coalesce((select array_agg(l.amount::text order by l.read_at, length(l.cursor), l.cursor) from bank_statement_lines l
                       where l.rail = $1 and l.external_id = w.external_id), '{}') as earlier
       from (select distinct unnest($2::text[]) as external_id) w
       left join lateral (
         select key, request, status from intents i
          where w.external_id like 'CW%' and length(w.external_id) = 34 and i.request->>'kind' = 'rail'
            and (i.target = $1 or i.request->'order'->'arrivesAt'->>'rail' = $1)
            and i.key >= substr(w.external_id, 3) and i.key < substr(w.external_id, 3) || 'g' limit 1
       ) i on true
       left join refunds f on f.rail = $1 and f.request->>'externalId' = w.external_id`,
    [rail, lines.map(({ externalId }) => externalId)],
  )
  return new Map(
    rows.map(({ external_id, order, earlier, ...row }) => [
      external_id,
      { ...row, order: order ?? undefined, earlier: earlier.map(BigInt) },
    ]),
  )
}

const insertLines = async (client: PoolClient, rail: string, account: string, judged: readonly JudgedLine[]): Promise<void> => {
  const column = <T>(read: (each: JudgedLine) => T) => judged.map(read)
  await client.query(
    `insert into bank_statement_lines
       (rail, account, cursor, bank_transfer_id, external_id, currency, amount, at, intent_key, verdict)
     select $1, $2, l.* from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::timestamptz[], $9::text[], $10::text[]) as l`,
    [
      rail,
      account,
      column(({ line }) => line.cursor),
      column(({ line }) => line.bankTransferId),
      column(({ line }) => line.externalId),
      column(({ line }) => line.currency),
      column(({ line }) => line.amountMinor),
      column(({ line }) => new Date(line.at).toISOString()),
      column(({ key }) => key),
      column(({ verdict }) => verdict),
    ],
  )
}

/** A refund asks its bank by itself; what no refund is told any more goes to the inbox, and from there to a person. */
const withoutRefunds = async (client: PoolClient, rail: string, judged: readonly JudgedLine[]): Promise<JudgedLine[]> => {
  const rest: JudgedLine[] = []
  for (const each of judged) {
    const { verdict, isRefund, line } = each
    if (!isRefund) rest.push(each)
    // A line that is not what was ordered is a doubt of its own.
    else if (verdict === 'settled' || verdict === 'returned' || verdict === 'returnReversed') {
      if (!(await hearRefund(client, rail, { type: verdict, externalId: line.externalId }))) rest.push(each)
    }
  }
  return rest
}

// The inbox is read by the time at which each fact came: a microsecond apart they stay in the order of the statement.
const tellSaga = async (client: PoolClient, page: StatementPage, judged: readonly JudgedLine[]): Promise<void> => {
  const news = judged.filter(({ isNews }) => isNews).map(each => newsOf(page, each))
  if (news.length === 0) return
  await client.query(
    `insert into inbox (source, fact, subject, kind, payload, received_at)
     select $1, f.fact, f.subject, f.kind, f.payload, now() + f.place * interval '1 microsecond'
       from unnest($2::text[], $3::text[], $4::text[], $5::jsonb[]) with ordinality as f(fact, subject, kind, payload, place)
     on conflict do nothing`,
    [
      page.rail,
      news.map(({ fact }) => fact),
      news.map(({ subject }) => subject),
      news.map(({ kind }) => kind),
      news.map(({ payload }) => JSON.stringify(payload)),
    ],
  )
}
