import type { Step } from '../../../bridge-service/src/saga/step.ts'
import { reservedMinor } from '../../../bridge-service/src/transfer/terms.ts'
import { checkViolation, uniqueViolation } from './database-error.ts'
import type { PoolRow, Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

const statusOf = { reserve: 'reserved', consume: 'consumed', free: 'freed', restore: 'restored' } as const

type Change = { reserved: bigint; booked: bigint; promises: boolean }

/** The pools that steps change, in the order in which they are locked. */
export const poolsOf = (steps: readonly Step[]): string[] =>
  [
    ...new Set(
      steps.flatMap(({ before, decision }) => [
        ...(decision.liquidity === undefined ? [] : [before.terms.pool]),
        ...(decision.pools ?? []).map(({ pool }) => pool),
      ]),
    ),
  ].sort()

/** Reservations, and what they and the entries make of the pools: each changes once, by the sum, and promises no more than it has. */
export const promiseLiquidity = (tx: MemoryTx, tables: Tables, steps: readonly Step[]): void => {
  const changes = new Map<string, Change>()
  const change = (pool: string): Change => {
    const known = changes.get(pool) ?? { reserved: 0n, booked: 0n, promises: false }
    changes.set(pool, known)
    return known
  }
  for (const { before, decision } of steps) {
    for (const { pool, minor } of decision.pools ?? []) change(pool).booked += minor
    if (decision.liquidity === undefined) continue
    const status = statusOf[decision.liquidity]
    const { pool } = before.terms
    const name = `${before.id} ${pool}`
    const known = tx.get(tables.reservations, name)
    if (status === 'reserved') {
      const amount = reservedMinor(before.terms)
      if (known !== undefined) throw uniqueViolation('reservations', name)
      if (amount <= 0n) throw checkViolation(`reservation of ${amount}`)
      tx.put(tables.reservations, name, { transfer_id: before.id, pool_id: pool, amount, status })
      const of = change(pool)
      of.reserved += amount
      of.promises = true
    } else if (known?.status === (status === 'restored' ? 'consumed' : 'reserved')) {
      tx.put(tables.reservations, name, { ...known, status })
      if (status !== 'restored') change(pool).reserved -= known.amount
    }
  }
  for (const [id, { reserved, booked, promises }] of changes) {
    const pool = tx.get(tables.liquidity_pools, id)
    if (pool === undefined) continue
    const after: PoolRow = {
      ...pool,
      reserved: pool.reserved + reserved,
      total: pool.total + booked,
      version: pool.version + (promises || booked < reserved ? 1 : 0),
    }
    if (after.reserved < 0n || (reserved > 0n && after.reserved > after.total))
      throw checkViolation(`pool ${id}: ${after.reserved} of ${after.total}`)
    tx.put(tables.liquidity_pools, id, after)
  }
}
