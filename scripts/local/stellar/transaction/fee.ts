import type { FeeBump, Transaction } from './transaction.ts'

const operationsPaid = ({ operationCount }: Transaction): bigint => BigInt(Math.max(1, operationCount))

/** What it costs at a base fee, in stroops. */
export const minimumFee = (transaction: Transaction, baseFee: bigint): bigint => baseFee * operationsPaid(transaction)

/** What is charged when it is applied: never more than it offers. */
export const chargedFee = (transaction: Transaction, baseFee: bigint): bigint => {
  const fee = minimumFee(transaction, baseFee)
  return transaction.fee < fee ? transaction.fee : fee
}

/** A bump must offer at least the rate of the transaction inside. */
export const bumpFeeNeeded = (bump: FeeBump, baseFee: bigint): bigint =>
  dividedUp(bump.inner.fee * minimumFee(bump, baseFee), minimumFee(bump.inner, baseFee))

/** Below zero when `a` offers less per operation than `b`. */
export const compareRates = (a: Transaction, b: Transaction): number => {
  const difference = a.fee * BigInt(b.operationCount) - b.fee * BigInt(a.operationCount)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Stroops an operation that a transaction offers. */
export const rateUp = ({ fee, operationCount }: Transaction): bigint => dividedUp(fee, BigInt(operationCount))
export const rateDown = ({ fee, operationCount }: Transaction): bigint => fee / BigInt(operationCount)

/** The fee with which `by` may take the place of `old` in the queue: ten times its rate. */
export const replacementFee = (by: Transaction, old: Transaction): bigint =>
  dividedUp(10n * old.fee * operationsPaid(by), operationsPaid(old))

export const dividedUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b
