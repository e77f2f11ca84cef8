import type { Decision } from '../../bridge-service/src/transfer/decision.ts'

/** What decisions make of liquidity pools, from nothing. */
export const poolBooks = () => {
  const totals = new Map<string, bigint>()
  return {
    move: ({ pools = [] }: Pick<Decision, 'pools'>) => {
      for (const { pool, minor } of pools) totals.set(pool, (totals.get(pool) ?? 0n) + minor)
    },
    total: (pool: string) => totals.get(pool) ?? 0n,
  }
}
