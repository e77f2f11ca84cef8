import type { Pool } from 'pg'
import type { TransferId } from '../transfer/id.ts'
import type { State } from '../transfer/state.ts'
import type { Deposit } from '../transfer/terms.ts'
import type { StrayReason, StrayState } from './stray-deposit.ts'

/** A deposit address, as far as the database knows about it. */
export type Watched = {
  readonly transferId: TransferId
  readonly tenant: string
  readonly state: State
  readonly deposit: Deposit
  /** As the chain counts: what was there before it was locked. */
  readonly seen: bigint
  /** Database time, and when the transfer last moved. */
  readonly nowMs: number
  readonly movedAtMs: number
  /** A lock is on its way. */
  readonly isLocking: boolean
  /** What has lain there and was not locked. */
  readonly cases: readonly { readonly token: string; readonly reason: StrayReason; readonly state: StrayState }[]
}

type Row = Omit<Watched, 'seen' | 'nowMs' | 'movedAtMs'> & { seen: string; nowMs: string; movedAtMs: string }

/** Takes addresses that are due for a look, for `leaseMs`. */
export const claimWatched = async (
  pool: Pool,
  chains: readonly string[],
  { leaseMs, limit }: { leaseMs: number; limit: number },
): Promise<Watched[]> => {
  const { rows } = await pool.query<Row>({
    name: 'claim_deposit_addresses',
    text: `with due as materialized (
             select transfer_id from deposit_addresses
              where look_at <= now() and chain = any($1) order by look_at limit $2 for update skip locked
           ), taken as (
             update deposit_addresses a set look_at = now() + $3 * interval '1 ms' from due where a.transfer_id = due.transfer_id
             returning a.transfer_id, a.seen
           )
           select t.id as "transferId", t.tenant, t.state, t.terms -> 'deposit' as deposit, a.seen,
                  extract(epoch from causeway_now()) * 1000 as "nowMs", extract(epoch from t.updated_at) * 1000 as "movedAtMs",
                  exists (select from deposit_orders o where o.kind = 'lockAddress' and o.subject = t.id
                             and o.status in ('PENDING', 'IN_FLIGHT')) as "isLocking",
                  (select coalesce(jsonb_agg(jsonb_build_object('token', s.token, 'reason', s.reason, 'state', s.state)), '[]')
                     from stray_deposits s where s.transfer_id = t.id and s.address_terms is not null) as cases
             from taken a join transfers t on t.id = a.transfer_id`,
    values: [chains, limit, leaseMs],
  })
  return rows.map(row => ({ ...row, seen: BigInt(row.seen), nowMs: Number(row.nowMs), movedAtMs: Number(row.movedAtMs) }))
}

/** What was seen at an address, and in how many milliseconds it is looked at again; null: no longer. */
export type Seen = { readonly transferId: TransferId; readonly seen: bigint; readonly nextLookMs: number | null }

export const keepSeen = async (pool: Pool, news: readonly Seen[]): Promise<void> => {
  await pool.query({
    name: 'keep_seen',
    text: `update deposit_addresses a set seen = n.seen, look_at = now() + n.next_ms * interval '1 ms'
             from unnest($1::text[], $2::numeric[], $3::bigint[]) as n(transfer_id, seen, next_ms) where a.transfer_id = n.transfer_id`,
    values: [news.map(each => each.transferId), news.map(each => each.seen), news.map(each => each.nextLookMs)],
  })
}

/** What the address of a transfer's deposit was seen to have, as the chain counts; undefined: it has none. */
export const readSeen = async (pool: Pool, transferId: TransferId): Promise<bigint | undefined> => {
  const { rows } = await pool.query<{ seen: string }>({
    name: 'read_seen',
    text: 'select seen from deposit_addresses where transfer_id = $1',
    values: [transferId],
  })
  return rows[0] && BigInt(rows[0].seen)
}
