/** A transaction in the queue, and what it offers. Stroops; a fee bump counts as one operation more. */
export type Bid = { readonly maxFee: bigint; readonly operations: number }

export const bidsAtLeast = ({ maxFee, operations }: Bid, baseFee: number): boolean => maxFee >= BigInt(baseFee) * BigInt(operations)

/**
 * How much room (operations) a ledger has left that is full of strangers' transactions which all bid `baseFee` per operation: as much as
 * the better bids of our queue take. So those get in, and the others wait, age, and are banned as in any full ledger.
 */
export const roomUnderSurge = (queue: readonly Bid[], baseFee: number): number =>
  queue.filter(bid => bidsAtLeast(bid, baseFee)).reduce((sum, { operations }) => sum + operations, 0)
