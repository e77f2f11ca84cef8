/** EIP-1559 fees, in wei per gas. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }

/** What the newest block asks, in wei per gas. */
export type Market = { readonly baseFeePerGas: bigint; readonly priorityFeePerGas: bigint }

export type FeePolicy = {
  /** Never signed above this, whatever the market asks; wei per gas. */
  readonly maxFeePerGasCap: bigint
  /** Offered to the block's proposer at least; wei per gas. */
  readonly minPriorityFeePerGas?: bigint
}

/** Fees of a first signature: twice the base fee stays valid for six full blocks in a row (EIP-1559: at most +12.5 % a block). */
export const initialFees = (market: Market, policy: FeePolicy): Fees => {
  const wanted = marketFees(market, policy)
  const maxFeePerGas = min(wanted.maxFeePerGas, policy.maxFeePerGasCap)
  return { maxFeePerGas, maxPriorityFeePerGas: min(wanted.maxPriorityFeePerGas, maxFeePerGas) }
}

/**
 * Fees of a replacement at the same nonce: both at least 12.5 % over the last (nodes ask for 10 %, some for 12.5 %) and at least the
 * market's. `undefined` when the cap leaves no room for that: then only waiting helps.
 */
export const replacementFees = (last: Fees, market: Market, policy: FeePolicy): Fees | undefined => {
  const least = { maxFeePerGas: bumped(last.maxFeePerGas), maxPriorityFeePerGas: bumped(last.maxPriorityFeePerGas) }
  if (least.maxFeePerGas > policy.maxFeePerGasCap) return undefined
  const wanted = marketFees(market, policy)
  const maxFeePerGas = min(max(least.maxFeePerGas, wanted.maxFeePerGas), policy.maxFeePerGasCap)
  return {
    maxFeePerGas,
    maxPriorityFeePerGas: min(max(least.maxPriorityFeePerGas, wanted.maxPriorityFeePerGas), maxFeePerGas),
  }
}

/** No block at the market's base fee can take a transaction with these fees. */
export const isUnderwater = (fees: Fees, market: Market): boolean => fees.maxFeePerGas < market.baseFeePerGas

const marketFees = (market: Market, policy: FeePolicy): Fees => {
  const maxPriorityFeePerGas = max(market.priorityFeePerGas, policy.minPriorityFeePerGas ?? 0n)
  return { maxFeePerGas: 2n * market.baseFeePerGas + maxPriorityFeePerGas, maxPriorityFeePerGas }
}

// Rounded up, and never the same again: nodes refuse an equal tip, and an eighth of a few wei is nothing.
const bumped = (fee: bigint): bigint => max((fee * 9n + 7n) / 8n, fee + 1n)
const min = (a: bigint, b: bigint) => (a < b ? a : b)
const max = (a: bigint, b: bigint) => (a > b ? a : b)
