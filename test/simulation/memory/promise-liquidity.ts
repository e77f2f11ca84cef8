import type { Step } from '../../../bridge-service/src/saga/step.ts'
import { reservedMinor } from '../../../bridge-service/src/transfer/terms.ts'
import { checkViolation, uniqueViolation } from './database-error.ts'
import type { PoolRow, Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

const statusOf = { reserve: 'reserved', consume: 'consumed', free: 'freed', restore: 'restored' } as const

type Change = { reserved: bigint; gained: bigint; raise: 0 | 1 }

/** Reservations, and what they make of their pools: each pool changes once, by the sum, and never below zero. */
export const promiseLiquidity = (tx: MemoryTx, tables: Tables, steps: readonly Step[]): void => {
  const changes = new Map<string, Change>()
  const change = (pool: string): Change => {
    const known = changes.get(pool) ?? { reserved: 0n, gained: 0n, raise: 0 }
    changes.set(pool, known)
    return known
  }
  for (const { before, decision } of steps) {
    if (decision.liquidity === undefined) continue
    const status = statusOf[decision.liquidity]
    const known = tx.get(tables.reservations, before.id)
    if (status === 'reserved') {
      const amount = reservedMinor(before.terms)
      if (known !== undefined) throw uniqueViolation('reservations', before.id)
      if (amount <= 0n) throw checkViolation(`reservation of ${amount}`)
      tx.put(tables.reservations, before.id, { transfer_id: before.id, pool_id: before.terms.pool, amount, status })
      const of = change(before.terms.pool)
      of.reserved += amount
      of.raise = 1
    } else if (known?.status === (status === 'restored' ? 'consumed' : 'reserved')) {
      tx.put(tables.reservations, before.id, { ...known, status })
      const of = change(known.pool_id)
      if (status !== 'restored') of.reserved -= known.amount
      if (status === 'consumed') of.gained -= known.amount
      if (status === 'restored') of.gained += known.amount
    }
  }
  for (const [id, { reserved, gained, raise }] of changes) {
    const pool = tx.get(tables.liquidity_pools, id)
    if (pool === undefined) continue
    const { total, version } = pool
    const after: PoolRow = { ...pool, reserved: pool.reserved + reserved, total: total + gained, version: version + raise }
    if (after.total < 0n || after.reserved < 0n || after.reserved > after.total)
      throw checkViolation(`pool ${id}: ${after.reserved} of ${after.total}`)
    tx.put(tables.liquidity_pools, id, after)
  }
}
