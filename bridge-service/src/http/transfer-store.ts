import type { ClientBase, Pool } from 'pg'
import { BridgeError } from '../errors.ts'
import { typeId } from '../transfer/id.ts'
import type { State } from '../transfer/state.ts'
import type { Transfer } from '../transfer/transfer.ts'

export type TransferRow = Transfer & { readonly updatedAt: Date }

const columns = 'id, tenant, route, definition, state, version, terms, progress, updated_at as "updatedAt"'

/** Throws `transfer_not_found`, also for another tenant's. */
export const findTransfer = async (pool: Pool, tenant: string, id: string): Promise<TransferRow> => {
  const { rows } = await pool.query<TransferRow>({
    name: 'find_transfer',
    text: `select ${columns} from transfers where id = $1 and tenant = $2`,
    values: [id, tenant],
  })
  if (rows[0] === undefined) throw new BridgeError('transfer_not_found', { transferId: id })
  return rows[0]
}

/** Those of these ids that are the tenant's. */
export const findTransfers = async (db: Pool | ClientBase, tenant: string, ids: readonly string[]): Promise<TransferRow[]> => {
  const { rows } = await db.query<TransferRow>({
    name: 'find_transfers',
    text: `select ${columns} from transfers where id = any($1::text[]) and tenant = $2`,
    values: [ids, tenant],
  })
  return rows
}

export const findTransferByRef = async (pool: Pool, tenant: string, ref: string): Promise<TransferRow | undefined> => {
  const { rows } = await pool.query<TransferRow>({
    name: 'find_transfer_by_ref',
    text: `select ${columns} from transfers where escrow_ref = $1 and tenant = $2`,
    values: [ref, tenant],
  })
  return rows[0]
}

export type TransferFilter = {
  readonly state?: State | undefined
  readonly reference?: string | undefined
  readonly createdAfter?: string | undefined
  readonly attention?: boolean | undefined
}

// The clock that makes ids and the one that stamps transfers may disagree by this much.
const clockSkewMs = 600_000

/** Newest first, from behind `before`. */
export const listTransfers = async (
  pool: Pool,
  tenant: string,
  { state, reference, createdAfter, attention }: TransferFilter,
  before: string | undefined,
  limit: number,
): Promise<TransferRow[]> => {
  const afterMs = createdAfter === undefined ? undefined : Date.parse(createdAfter)
  const { rows } = await pool.query<TransferRow>({
    name: 'list_transfers',
    // Ids begin with their time, so the index on (tenant, id) also serves `createdAfter`.
    text: `select ${columns} from transfers
            where tenant = $1 and id < $2 and id >= $3
              and ($4::text is null or terms->>'createdAt' > $4)
              and ($5::text is null or state = $5)
              and ($6::text is null or terms->>'reference' = $6)
              and ($8::boolean is null or progress ? 'attention' = $8)
            order by id desc limit $7`,
    values: [
      tenant,
      before ?? 'tr_~',
      afterMs === undefined ? 'tr_' : firstIdAt(afterMs - clockSkewMs),
      afterMs === undefined ? null : new Date(afterMs).toISOString(),
      state ?? null,
      reference ?? null,
      limit,
      attention ?? null,
    ],
  })
  return rows
}

const firstIdAt = (ms: number): string =>
  typeId('tr', `${BigInt(Math.max(0, ms)).toString(16).padStart(12, '0').slice(-12)}00000000000000000000`)

export type EscrowFilter = {
  readonly chain?: string | undefined
  readonly ref?: string | undefined
  readonly payer?: string | undefined
  readonly payee?: string | undefined
  /** `<chain> <currency>`. */
  readonly assets?: readonly string[] | undefined
}

/**
 * Of the `limit` newest transfers from behind `before`, those with an escrow that passes. `lastId`: where the next scan begins; undefined when this one has
 * seen the last.
 */
export const scanTransfers = async (
  pool: Pool,
  tenant: string,
  { chain, ref, payer, payee, assets }: EscrowFilter,
  before: string | undefined,
  limit: number,
): Promise<{ rows: TransferRow[]; lastId: string | undefined }> => {
  const { rows } = await pool.query<TransferRow & { lastId: string; count: number }>({
    name: 'scan_transfers',
    text: `with scanned as materialized (
             select ${columns} from transfers
              where tenant = $1 and id < $2 and ($4::text is null or escrow_ref = $4) order by id desc limit $8
           ), bounds as (select min(id) as "lastId", count(*)::int as count from scanned)
           select b.*, s.* from bounds b left join scanned s on exists (
             select from (values (s.terms->>'chain', s.terms->'hold'), (s.terms->'deposit'->>'chain', s.terms->'deposit'->'terms')) e (chain, terms)
              where e.chain is not null and ($3::text is null or e.chain = $3)
                and ($5::text is null or lower(e.terms->>'payer') = lower($5))
                and ($6::text is null or lower(e.terms->>'payee') = lower($6))
                and ($7::text[] is null or e.chain || ' ' || (e.terms->>'currency') = any($7)))
            order by s.id desc`,
    values: [tenant, before ?? 'tr_~', chain ?? null, ref ?? null, payer ?? null, payee ?? null, assets ?? null, limit],
  })
  const { lastId, count } = rows[0]!
  return { rows: rows.filter(row => row.id !== null), lastId: count === limit ? lastId : undefined }
}
