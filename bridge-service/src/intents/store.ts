import type { Pool } from 'pg'
import type { Intent } from './intent.ts'
import { referenceOf } from './key.ts'
import { type IntentQueue, type LeasedIntent, suspectAfter } from './queue.ts'

type Row = {
  key: string
  transfer_id: Intent['transferId']
  step: Intent['step']
  attempt: number
  target: string
  request: Intent['request']
  epoch: number
  attempts: number
  abandoned: number
  was: string
  age_ms: number
  withdrawn_for_ms: number | null
}

/** The intents of one Postgres. */
export const intentQueue = (pool: Pool): IntentQueue => ({
  claimIntents: (owner, leaseMs, limit) => claimIntents(pool, owner, leaseMs, limit),
  postponeIntent: (intent, status, delayMs) => postponeIntent(pool, intent, status, delayMs),
  holdsIntent: intent => holdsIntent(pool, intent),
})

export const claimIntents = async (pool: Pool, owner: string, leaseMs: number, limit: number): Promise<LeasedIntent[]> => {
  const { rows } = await pool.query<Row>({
    name: 'claim_intents',
    text: `with parked as materialized (
             select array_agg(id) as ids from transfers where parked_reason is not null
           ), waiting as materialized (
             select key, status, abandoned, lease_owner, next_at from intents
              where status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN') and next_at <= now()
                and (transfer_id = any ((select ids from parked)::text[])) is not true
              order by next_at limit $3 for update skip locked
           ), due as (
             select * from waiting where abandoned < $4
             union all (select * from waiting where abandoned >= $4 order by next_at, key limit 1)
           )
           update intents i
              set status = case due.status when 'PENDING' then 'IN_FLIGHT' else due.status end, attempts = i.attempts + 1,
                  abandoned = i.abandoned + case when due.lease_owner is null then 0 else 1 end,
                  lease_owner = $1, lease_epoch = i.lease_epoch + 1, next_at = now() + $2 * interval '1 ms', updated_at = now()
             from due where i.key = due.key
           returning i.key, i.transfer_id, i.step, i.attempt, i.target, i.request,
                     i.lease_epoch as epoch, i.attempts, i.abandoned, due.status as was,
                     (extract(epoch from now() - i.created_at) * 1000)::float8 as age_ms,
                     (extract(epoch from now() - i.withdrawn_at) * 1000)::float8 as withdrawn_for_ms`,
    values: [owner, leaseMs, limit, suspectAfter],
  })
  return rows.map(row => ({
    key: row.key,
    transferId: row.transfer_id,
    step: row.step,
    attempt: row.attempt,
    target: row.target,
    reference: referenceOf(row.key),
    request: row.request,
    epoch: row.epoch,
    attempts: row.attempts,
    abandoned: row.abandoned,
    tried: row.was !== 'PENDING',
    ageMs: row.age_ms,
    ...(row.withdrawn_for_ms === null ? {} : { withdrawnForMs: row.withdrawn_for_ms }),
  }))
}

/** Fenced by the lease's epoch: whoever comes too late only shows that he lives, and that his call was slow and not deadly. */
export const postponeIntent = async (
  pool: Pool,
  { key, epoch }: Pick<LeasedIntent, 'key' | 'epoch'>,
  status: 'PENDING' | 'IN_FLIGHT' | 'UNKNOWN',
  delayMs: number,
): Promise<boolean> => {
  const { rowCount } = await pool.query({
    name: 'postpone_intent',
    text: `with late as (
             update intents set abandoned = 0 where key = $1 and lease_epoch > $2 and abandoned > 0
           )
           update intents set status = $3, lease_owner = null, abandoned = 0, next_at = now() + $4 * interval '1 ms', updated_at = now()
            where key = $1 and lease_epoch = $2 and status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN')`,
    values: [key, epoch, status, delayMs],
  })
  return rowCount === 1
}

export const holdsIntent = async (pool: Pool, { key, epoch }: Pick<LeasedIntent, 'key' | 'epoch'>): Promise<boolean> => {
  const { rowCount } = await pool.query({
    name: 'holds_intent',
    text: `select from intents where key = $1 and lease_epoch = $2 and status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN')`,
    values: [key, epoch],
  })
  return rowCount === 1
}
