import { createHash } from 'node:crypto'
import type { ClientBase, Pool } from 'pg'
import type { HoldTerms } from '../chains/chain.ts'
import type { SignedLock, StrayMoney } from '../chains/deposits.ts'
import type { TransferId } from '../transfer/id.ts'
import type { StrayDeposit } from './stray-deposit.ts'

/** What is sent to a chain without a step of a transfer: the chain's own word about it moves the saga, or ends a case. */
export type DepositOrder = { readonly key: string; readonly chain: string; readonly subject: string } & (
  | { readonly kind: 'lockSigned'; readonly request: { readonly terms: HoldTerms; readonly signed: SignedLock } }
  | { readonly kind: 'lockAddress'; readonly request: { readonly terms: HoldTerms } }
  | { readonly kind: 'giveBack'; readonly request: StrayMoney }
)

export type LeasedOrder = DepositOrder & {
  /** One that nobody has tried is sent; one that somebody may have tried is asked about first. */
  readonly tried: boolean
  readonly attempts: number
}

/** How many are taken at once, and of returns how many may be under way on one chain; and when an address is locked again at the earliest. */
export const orderLimits = { leaseMs: 30_000, returning: 4, limit: 50, lockAgainMs: 30_000 }

/** The next attempt at what somebody asks for: those before it were refused, or this one cannot be written. */
export const attemptOf = async (database: Pool | ClientBase, kind: DepositOrder['kind'], subject: string): Promise<number> => {
  const { rows } = await database.query<{ count: number }>({
    name: 'count_deposit_orders',
    text: 'select count(*)::int as count from deposit_orders where kind = $1 and subject = $2',
    values: [kind, subject],
  })
  return rows[0]!.count
}

/** Pure: the lock that a customer has signed; of several that he signs the `attempt`th, counted from zero. */
export const lockSignedOrder = (
  transferId: TransferId,
  chain: string,
  request: { readonly terms: HoldTerms; readonly signed: SignedLock },
  attempt: number,
): DepositOrder => ({ key: keyOf(transferId, 'lockSigned', attempt), chain, kind: 'lockSigned', subject: transferId, request })

/** Pure: the lock of what lies at a transfer's deposit address; the `attempt`th, counted from zero. */
export const lockAddressOrder = (transferId: TransferId, chain: string, terms: HoldTerms, attempt: number): DepositOrder => ({
  key: keyOf(transferId, 'lockAddress', attempt),
  chain,
  kind: 'lockAddress',
  subject: transferId,
  request: { terms },
})

/**
 * Orders the lock of what lies at a deposit address, unless one is under way, or has ended only now: a node may not have heard of it yet, and what
 * was refused is not refused every second.
 */
export const orderAddressLock = async (
  client: ClientBase,
  transferId: TransferId,
  chain: string,
  terms: HoldTerms,
): Promise<void> => {
  const order = lockAddressOrder(transferId, chain, terms, await attemptOf(client, 'lockAddress', transferId))
  await client.query({
    name: 'order_address_lock',
    text: `insert into deposit_orders (key, kind, chain, subject, request)
           select $1::text, 'lockAddress', $2::text, $3::text, $4::jsonb
            where not exists (select from deposit_orders where kind = 'lockAddress' and subject = $3
                                 and (status in ('PENDING', 'IN_FLIGHT') or updated_at > now() - $5 * interval '1 ms'))
           on conflict do nothing`,
    values: [order.key, chain, transferId, JSON.stringify(order.request), orderLimits.lockAgainMs],
  })
}

/** Pure: the return of a case, the `attempt`th, counted from zero. */
export const giveBackOrder = (stray: StrayDeposit, attempt: number): DepositOrder => {
  const { id, chain, fact, escrowId, token, units, payer, balanceId, refundAfter, address } = stray
  const request = { fact, escrowId, token, units, payer, balanceId, refundAfter, address }
  return { key: keyOf(id, 'giveBack', attempt), chain, kind: 'giveBack', subject: id, request }
}

const keyOf = (subject: string, kind: string, attempt: number): string =>
  createHash('sha256').update(`${subject}|${kind}|${attempt}`).digest('hex')

export const insertOrder = async (database: Pool | ClientBase, order: DepositOrder): Promise<void> => {
  await database.query('insert into deposit_orders (key, kind, chain, subject, request) values ($1, $2, $3, $4, $5)', [
    ...[order.key, order.kind, order.chain, order.subject, JSON.stringify(order.request)],
  ])
}

export type SignedLockState = {
  readonly status: 'PENDING' | 'IN_FLIGHT' | 'SUCCEEDED' | 'FAILED'
  readonly txHash: string | null
  readonly code: string | null
  readonly detail: string | null
}

/** What became of the newest signature that was given for a transfer's deposit. */
export const readSignedLock = async (pool: Pool, transferId: TransferId): Promise<SignedLockState | undefined> => {
  const { rows } = await pool.query<SignedLockState>({
    name: 'read_signed_lock',
    text: `select status, tx_hash as "txHash", code, detail from deposit_orders
            where kind = 'lockSigned' and subject = $1 order by created_at desc limit 1`,
    values: [transferId],
  })
  return rows[0]
}

type Row = DepositOrder & { was: 'PENDING' | 'IN_FLIGHT'; attempts: number }

/**
 * Takes orders that are due for `leaseMs`. Of what goes back, not more is under way on a chain than `returning`: whoever sends dust must not keep
 * customers from the channels that it goes back through. What lies at a deposit address is counted there already.
 */
export const claimOrders = async (
  pool: Pool,
  chains: readonly string[],
  { leaseMs, returning, limit }: { leaseMs: number; returning: number; limit: number },
): Promise<LeasedOrder[]> => {
  const { rows } = await pool.query<Row>({
    name: 'claim_deposit_orders',
    text: `with ready as materialized (
             select o.key, o.status, o.kind = 'giveBack' and o.request ->> 'address' is null and o.status = 'PENDING' as is_new_return,
                    row_number() over (partition by o.chain, o.kind, o.request ->> 'address' is null, o.status order by o.next_at) as place,
                    $4 - (select count(*) from deposit_orders f
                           where f.chain = o.chain and f.kind = 'giveBack' and f.request ->> 'address' is null
                             and f.status = 'IN_FLIGHT') as room
               from deposit_orders o
              where o.status in ('PENDING', 'IN_FLIGHT') and o.next_at <= now() and o.chain = any($1)
           ), due as materialized (
             select o.key, o.status from deposit_orders o join ready r on r.key = o.key and r.status = o.status
              where (not r.is_new_return or r.place <= r.room) and o.next_at <= now()
              order by o.next_at limit $3 for update of o skip locked
           )
           update deposit_orders o
              set status = 'IN_FLIGHT', attempts = o.attempts + 1, next_at = now() + $2 * interval '1 ms', updated_at = now()
             from due where o.key = due.key
           returning o.key, o.kind, o.chain, o.subject, o.request, o.attempts, due.status as was`,
    values: [chains, leaseMs, limit, returning],
  })
  return rows.map(({ was, ...row }) => ({ ...row, tried: was !== 'PENDING' }))
}

export const postponeOrder = async (pool: Pool, { key }: LeasedOrder, delayMs: number): Promise<void> => {
  await pool.query({
    name: 'postpone_deposit_order',
    text: `update deposit_orders set next_at = now() + $2 * interval '1 ms', updated_at = now() where key = $1 and status = 'IN_FLIGHT'`,
    values: [key, delayMs],
  })
}
