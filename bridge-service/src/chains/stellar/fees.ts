/** Stroops per operation. */
export type FeePolicy = {
  /** Never signed above this, whatever the ledger asks. */
  readonly bidCap: bigint
  /** Offered at least; the network's own minimum is 100. */
  readonly minBid?: bigint | undefined
}

const networkMinimum = 100n

/** What a first signature bids: what ledgers have charged lately. Undefined when that is over the cap: then only waiting helps. */
export const firstBid = (market: bigint, policy: FeePolicy): bigint | undefined => {
  const bid = max(max(market, policy.minBid ?? networkMinimum), networkMinimum)
  return bid > policy.bidCap ? undefined : bid
}

/**
 * What a fee bump bids: ten times as much per operation as what it replaces in the queue (stellar-core's rule), or what the ledger asks if
 * that is more. Undefined when the cap leaves no room.
 */
export const replacementBid = (last: bigint, market: bigint, policy: FeePolicy): bigint | undefined => {
  const least = last * 10n
  if (least > policy.bidCap) return undefined
  return min(max(least, market), policy.bidCap)
}

const min = (a: bigint, b: bigint) => (a < b ? a : b)
const max = (a: bigint, b: bigint) => (a > b ? a : b)
