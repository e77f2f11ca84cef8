import type { Pool, PoolClient } from 'pg'
import type { Log } from '../log.ts'
import { judgeLine, type LineVerdict } from '../rails/judge-line.ts'
import type { Rail, RailFact, RailOrder, StatementLine } from '../rails/rail.ts'
import { hearRefund } from '../refunds/hear-refund.ts'
import { inTransaction } from '../transaction.ts'

type Named = {
  readonly key: string | null
  readonly order: RailOrder | undefined
  readonly status: string | null
  readonly isRefund: boolean
  readonly earlier: string[]
}
type Judged = {
  readonly line: StatementLine
  readonly key: string | null
  readonly verdict: LineVerdict
  readonly isNews: boolean
  readonly isRefund: boolean
}

/**
 * Reads what is new on the statement of one of our accounts, to its end: the last word on an order whose answer and webhooks were lost. Each
 * page is judged, kept and told to the saga in one transaction with its cursor, so a line counts once, whoever reads it. A mismatch and a
 * line that no order explains are kept for a person and said aloud. Throws `rail_unavailable`. Returns how many lines were read.
 */
export const readStatement = async (pool: Pool, rail: Rail, account: string, log: Log): Promise<number> => {
  let read = 0
  for (;;) {
    const after = await cursorOf(pool, rail.id, account)
    const page = await rail.entries(account, after)
    if (page.lines.length > 0) {
      const judged = await inTransaction(pool, client => keepPage(client, rail.id, account, after, page.lines))
      for (const { line, verdict } of judged)
        if (verdict === 'mismatched' || verdict === 'unexplained')
          log('error', `a line of a bank's statement is ${verdict}`, { rail: rail.id, account, ...line })
      read += judged.length
      // Somebody else has read it meanwhile: the rest is his.
      if (judged.length === 0) return read
    }
    if (page.next === undefined) return read
  }
}

const cursorOf = async (pool: Pool, rail: string, account: string): Promise<string | undefined> => {
  const { rows } = await pool.query<{ cursor: string | null }>(
    `with known as (insert into bank_statements (rail, account) values ($1, $2) on conflict do nothing)
     select cursor from bank_statements where rail = $1 and account = $2`,
    [rail, account],
  )
  return rows[0]?.cursor ?? undefined
}

const keepPage = async (
  client: PoolClient,
  rail: string,
  account: string,
  after: string | undefined,
  lines: readonly StatementLine[],
): Promise<Judged[]> => {
  const { rowCount } = await client.query(
    `update bank_statements set cursor = $4, read_at = now() where rail = $1 and account = $2 and cursor is not distinct from $3`,
    [rail, account, after ?? null, lines.at(-1)!.cursor],
  )
  if (rowCount === 0) return []
  const named = await ordersOf(client, rail, lines)
  const judged = lines.map((line): Judged => {
    const about = named.get(line.externalId)
    const earlier = (about?.earlier ?? []).map(BigInt)
    const verdict = judgeLine(line, { rail, account }, about?.order, earlier)
    about?.earlier.push(line.amountMinor)
    // What the webhook or the answer has told already is no news.
    const isKnown = verdict === 'settled' && about?.status === 'SUCCEEDED'
    const isNews = about?.order !== undefined && !isKnown
    return { line, key: about?.key ?? null, verdict, isNews, isRefund: about?.isRefund ?? false }
  })
  await insertLines(client, rail, account, judged)
  await tellSaga(client, rail, account, await withoutRefunds(client, rail, judged))
  return judged
}

/** The orders that lines name, and what earlier lines have moved for each. */
const ordersOf = async (client: PoolClient, rail: string, lines: readonly StatementLine[]): Promise<Map<string, Named>> => {
  const { rows } = await client.query<Named & { external_id: string }>(
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
  return new Map(rows.map(({ external_id, order, ...row }) => [external_id, { ...row, order: order ?? undefined }]))
}

const insertLines = async (client: PoolClient, rail: string, account: string, judged: readonly Judged[]): Promise<void> => {
  const column = <T>(read: (each: Judged) => T) => judged.map(read)
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
      column(({ line }) => line.at),
      column(({ key }) => key),
      column(({ verdict }) => verdict),
    ],
  )
}

/** A refund asks its bank by itself; what no refund is told any more goes to the inbox, and from there to a person. */
const withoutRefunds = async (client: PoolClient, rail: string, judged: readonly Judged[]): Promise<Judged[]> => {
  const rest: Judged[] = []
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

/** As the inbox takes it from a webhook: a fact of its own, since two tellers of one truth are two facts. */
const tellSaga = async (client: PoolClient, rail: string, account: string, judged: readonly Judged[]): Promise<void> => {
  const news = judged.filter(({ isNews }) => isNews)
  if (news.length === 0) return
  await client.query(
    `insert into inbox (source, fact, subject, kind, payload)
     select $1, f.* from unnest($2::text[], $3::text[], $4::text[], $5::jsonb[]) as f on conflict do nothing`,
    [
      rail,
      news.map(({ line }) => `statement:${account}:${line.cursor}`),
      news.map(({ line }) => line.externalId),
      news.map(({ verdict }) => (verdict === 'mismatched' ? 'statementMismatch' : 'railFact')),
      news.map(({ line, verdict }) => JSON.stringify(payloadOf(line, verdict))),
    ],
  )
}

const payloadOf = ({ bankTransferId, externalId, at, amountMinor, currency }: StatementLine, verdict: LineVerdict) =>
  verdict !== 'mismatched' && verdict !== 'unexplained' && verdict !== 'opening'
    ? ({ type: verdict, bankTransferId, externalId, at } satisfies RailFact)
    : { bankTransferId, externalId, at, amountMinor, currency }
