import type { RailOrder, StatementLine } from './rail.ts'

/**
 * What a line of a statement says. `arrived`: what an order at another bank of ours has sent here. `mismatched`: it names an order of ours and
 * is not what was ordered; `unexplained`: no order of ours explains it. Both are a person's.
 */
export type LineVerdict =
  | 'opening'
  | 'settled'
  | 'returned'
  | 'returnReversed'
  | 'arrived'
  | 'arrivalReversed'
  | 'mismatched'
  | 'unexplained'

/**
 * Judges a line by the order that it names and by what earlier lines have moved for it (minor units, in their order). An order's money
 * comes whole and once, goes back whole, and may come again; whatever else happened is not guessed at.
 */
export const judgeLine = (
  line: StatementLine,
  { rail, account }: { readonly rail: string; readonly account: string },
  order: RailOrder | undefined,
  earlier: readonly bigint[],
): LineVerdict => {
  if (line.externalId === 'opening') return 'opening'
  if (order === undefined) return 'unexplained'
  const isArrival = order.arrivesAt?.rail === rail && order.arrivesAt.account === account
  if (line.currency !== order.currency || (!isArrival && account !== order.account)) return 'mismatched'
  const whole = order.direction === 'debit' || isArrival ? BigInt(order.amountMinor) : -BigInt(order.amountMinor)
  const moved = earlier.reduce((sum, amount) => sum + amount, 0n)
  const amount = BigInt(line.amountMinor)
  if (amount === whole && moved === 0n) {
    if (isArrival) return 'arrived'
    return earlier.length === 0 ? 'settled' : 'returnReversed'
  }
  if (amount !== -whole || moved !== whole) return 'mismatched'
  return isArrival ? 'arrivalReversed' : 'returned'
}
