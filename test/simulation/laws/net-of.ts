import type { Evidence } from '../evidence.ts'

/** What has left our accounts by some orders. */
export const netOf = ({ bank }: Evidence, orders: readonly Evidence['bank']['orders'][number][]): bigint => {
  const ids = new Set(orders.map(({ id }) => id))
  return bank.lines.reduce((sum, { orderId, amountMinor }) => (ids.has(orderId) ? sum - BigInt(amountMinor) : sum), 0n)
}
