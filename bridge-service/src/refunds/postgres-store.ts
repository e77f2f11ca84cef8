import type { Pool } from 'pg'
import { inTransaction } from '../transaction.ts'
import { refundColumns } from './refund.ts'
import { type ClaimedRefund, longestRefundWaitMs, type RefundStore, refundLeaseMs, refundNews } from './store.ts'

export const postgresRefundStore = (pool: Pool): RefundStore => ({
  claim: () => claim(pool),
  complete: (refund, bankTransferId) => complete(pool, refund, bankTransferId),
  fail: (refund, failure) => fail(pool, refund, failure),
})

/** Its pool is looked at and not reserved: the bank has the last word on a balance, and a refund that it refuses can be asked for again. */
const claim = async (pool: Pool): Promise<ClaimedRefund[]> => {
  const { rows } = await pool.query<ClaimedRefund>({
    name: 'claim_refunds',
    text: `with due as (
             select id, updated_at from refunds r where state in ('requested', 'crediting') and next_at <= now()
                and (state = 'crediting' or not exists (
                      select from liquidity_pools p where p.id = r.rail || ':' || r.currency and p.total - p.reserved < r.minor))
              order by next_at limit 20 for update skip locked
           )
           update refunds r
              set state = 'crediting', attempts = r.attempts + 1, lease_epoch = r.lease_epoch + 1, updated_at = now(),
                  next_at = now() + least($1 * power(2, least(r.attempts, 10)), $2) * interval '1 ms'
             from due where r.id = due.id
           returning ${refundColumns}, r.attempts, r.lease_epoch as epoch, (extract(epoch from now() - r.created_at) * 1000)::float8 as "ageMs",
                     case when exists (
                            select from transfers t where t.id = r.refund_of and (t.progress #>> '{debit,returned}' is not null
                               or r.kind = 'owed' and (t.progress @? '$.payout ? (exists(@.reversedAt) && !exists(@.returned))'
                                                    or t.progress @? '$.credit ? (exists(@.reversedAt) && !exists(@.returned))')))
                          then (extract(epoch from now() - due.updated_at) * 1000)::float8 end as "withdrawnForMs"`,
    values: [refundLeaseMs, longestRefundWaitMs],
  })
  return rows
}

const complete = (pool: Pool, refund: ClaimedRefund, bankTransferId: string): Promise<void> =>
  inTransaction(pool, async tx => {
    const { rowCount } = await tx.query(
      `update refunds set state = 'completed', bank_transfer_id = $3, updated_at = now() where id = $1 and lease_epoch = $2 and state = 'crediting'`,
      [refund.id, refund.epoch, bankTransferId],
    )
    if (rowCount === 0) return
    const { source, fact, subject, kind, payload } = refundNews(refund)
    await tx.query('insert into inbox (source, fact, subject, kind, payload) values ($1, $2, $3, $4, $5)', [
      ...[source, fact, subject, kind, payload],
    ])
  })

const fail = async (pool: Pool, { id, epoch }: ClaimedRefund, failure: string): Promise<void> => {
  await pool.query(
    `update refunds set state = 'failed', failure = $3, updated_at = now() where id = $1 and lease_epoch = $2 and state = 'crediting'`,
    [id, epoch, failure],
  )
}
