import type { Pool } from 'pg'
import type { Log } from '../log.ts'
import type { Rail, RailTransfer } from '../rails/rail.ts'
import { sendOnce } from '../rails/send-once.ts'
import { inTransaction } from '../transaction.ts'
import { type Refund, refundColumns } from './refund.ts'

export type PayOptions = {
  readonly pool: Pool
  readonly rails: ReadonlyMap<string, Rail>
  readonly isHeld: (target: string) => boolean
  readonly log: Log
  /** How long the bank keeps keys: after that an order is asked about and never sent again. */
  readonly keyRetentionMs?: number
}

type Claimed = Refund & {
  readonly attempts: number
  readonly epoch: number
  readonly ageMs: number
  /**
   * The customer has his debit back, or what had come back of what he was to get has reached him after all: so it must not be paid any more.
   * So long ago anybody took it up who did not have to know.
   */
  readonly withdrawnForMs: number | null
}

const leaseMs = 30_000

/**
 * Pays what is due, one key for each refund. What may have been sent is asked about before it is sent again. Any number of processes may do it.
 * What the bank settles is told to the transfer in the transaction that says so here.
 */
export const payRefunds = async (options: PayOptions): Promise<void> => {
  for (const refund of await claim(options.pool)) {
    const rail = options.rails.get(refund.rail)
    if (rail === undefined || options.isHeld(refund.rail)) continue
    await pay(refund, rail, options)
  }
}

const pay = async (refund: Claimed, rail: Rail, { pool, log, keyRetentionMs }: PayOptions): Promise<void> => {
  const { attempts, ageMs } = refund
  const withdrawnForMs = refund.withdrawnForMs ?? undefined
  const outcome = await sendOnce(rail, refund.request, { tried: attempts > 1, ageMs, withdrawnForMs, keyRetentionMs })
  if (outcome.kind === 'done') return conclude(pool, refund, outcome.value)
  if (outcome.kind === 'refused') return fail(pool, refund, `${outcome.code}: ${outcome.detail}`)
  if (outcome.kind === 'forgotten')
    log('error', 'a refund was never found and its key may be forgotten: a person must look', { refund: refund.id })
}

const conclude = async (pool: Pool, refund: Claimed, { status, bankTransferId, rawCode }: RailTransfer): Promise<void> => {
  if (status === 'rejected' || status === 'returned') return fail(pool, refund, `rail_refused: ${rawCode ?? status}`)
  if (status === 'submitted') return
  const { id, kind, currency, minor, refundOf } = refund
  await inTransaction(pool, async tx => {
    const { rowCount } = await tx.query(
      `update refunds set state = 'completed', bank_transfer_id = $3, updated_at = now() where id = $1 and lease_epoch = $2 and state = 'crediting'`,
      [id, refund.epoch, bankTransferId],
    )
    if (rowCount === 0) return // somebody else has it by now
    const input = { type: 'refundSettled', refundId: id, kind, currency, minor }
    await tx.query(`insert into inbox (source, fact, subject, kind, payload) values ('command', $1, $2, 'operator', $3)`, [
      ...[`refund:${id}`, refundOf, { input, actor: refund.rail }],
    ])
  })
}

const fail = (pool: Pool, { id, epoch }: Claimed, failure: string) =>
  pool
    .query(
      `update refunds set state = 'failed', failure = $3, updated_at = now() where id = $1 and lease_epoch = $2 and state = 'crediting'`,
      [id, epoch, failure],
    )
    .then(() => {})

/**
 * Each claim waits twice as long for the next one, up to a quarter of an hour. What was never tried waits until its pool has enough that is not
 * promised: it is looked at and not reserved, since the bank has the last word on a balance, and a refund that it refuses can be asked for again.
 */
const claim = async (pool: Pool): Promise<Claimed[]> => {
  const { rows } = await pool.query<Claimed>({
    name: 'claim_refunds',
    text: `with due as (
             select id, updated_at from refunds r where state in ('requested', 'crediting') and next_at <= now()
                and (state = 'crediting' or not exists (
                      select from liquidity_pools p where p.id = r.rail || ':' || r.currency and p.total - p.reserved < r.minor))
              order by next_at limit 20 for update skip locked
           )
           update refunds r
              set state = 'crediting', attempts = r.attempts + 1, lease_epoch = r.lease_epoch + 1, updated_at = now(),
                  next_at = now() + least($1 * power(2, least(r.attempts, 10)), 900000) * interval '1 ms'
             from due where r.id = due.id
           returning ${refundColumns}, r.attempts, r.lease_epoch as epoch, (extract(epoch from now() - r.created_at) * 1000)::float8 as "ageMs",
                     case when exists (
                            select from transfers t where t.id = r.refund_of and (t.progress #>> '{debit,returned}' is not null
                               or r.kind = 'owed' and (t.progress @? '$.payout ? (exists(@.reversedAt) && !exists(@.returned))'
                                                    or t.progress @? '$.credit ? (exists(@.reversedAt) && !exists(@.returned))')))
                          then (extract(epoch from now() - due.updated_at) * 1000)::float8 end as "withdrawnForMs"`,
    values: [leaseMs],
  })
  return rows
}
