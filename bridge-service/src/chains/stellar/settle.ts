import type { Pool } from 'pg'
import { BridgeError } from '../../errors.ts'
import { inTransaction } from '../../transaction.ts'

/** A person's word about an attempt of which the ledger's history says nothing any more. */
export type Told = { readonly fate: 'succeeded' | 'dead'; readonly by: string }

/**
 * Ends what no look-up can end: the open attempt of `key`. Its channel is lent again, and a dead one is built again. Throws
 * `transition_illegal` when there is nothing open under the key, and `chain_unavailable` while the ledger could still take it (`closeTime` of
 * the newest ledger, Unix seconds).
 */
export const settleByHand = (pool: Pool, chain: string, key: string, closeTime: bigint, { fate, by }: Told): Promise<void> =>
  inTransaction(pool, async tx => {
    const { rows } = await tx.query<{ attempt: number; channel: string; sequence: string; max_time: string }>(
      `select attempt, channel, sequence, max_time from stellar_attempts where chain = $1 and intent_key = $2 and fate = 'open' for update`,
      [chain, key],
    )
    const attempt = rows[0]
    if (attempt === undefined) throw new BridgeError('transition_illegal', { key, reason: 'nothing is open' })
    if (BigInt(attempt.max_time) >= closeTime)
      throw new BridgeError('chain_unavailable', { key, reason: 'the ledger may still take it' })
    await tx.query(
      `update stellar_attempts set fate = $3, told_by = $4, ended_at = now() where intent_key = $1 and attempt = $2`,
      [key, attempt.attempt, fate, by],
    )
    await tx.query('update stellar_txs set status = $2, updated_at = now() where intent_key = $1', [
      key,
      fate === 'dead' ? 'waiting' : 'succeeded',
    ])
    // The epoch fences whoever is looking at it right now. The number is read anew: on another network it may be lower.
    await tx.query(
      `update stellar_channels set lease_epoch = lease_epoch + 1, lease_until = null, sequence = null where chain = $1 and account = $2`,
      [chain, attempt.channel],
    )
  })
