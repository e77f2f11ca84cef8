import type { Entry } from '../ledger/entry.ts'
import { isMinted } from './terms.ts'
import type { Transfer, Unborn } from './transfer.ts'

/** By how much a liquidity pool has more, or less, than before; in minor units. */
export type PoolChange = { readonly pool: string; readonly minor: bigint }

/**
 * What a step makes of the pools: as much as it books on the accounts that they stand for. What the treasury has locked for this transfer
 * is still its own, and in its pool, until it is delivered: so a pool's total is its account's posted balance and the locks made out of it.
 */
export const poolChanges = (before: Transfer | Unborn, after: Transfer, entries: readonly Entry[]): PoolChange[] => {
  const sums = new Map<string, bigint>()
  const add = (pool: string, minor: bigint) => sums.set(pool, (sums.get(pool) ?? 0n) + minor)
  for (const { account, layer, amount } of entries.flatMap(({ postings }) => postings)) {
    const pool = poolOf(account)
    if (pool !== undefined && layer === 'posted') add(pool, amount.minor)
  }
  add(after.terms.pool, lockedMinor(after) - lockedMinor(before))
  return [...sums].flatMap(([pool, minor]) => (minor === 0n ? [] : [{ pool, minor }]))
}

/** A pool is named by the place and the currency of its account. */
const poolOf = (account: string): string | undefined => /^(?:bank_cash|treasury):(.+)$/.exec(account)?.[1]

/** What stands in the treasury's escrow in the ledger. What was minted for it was never in a pool. */
const lockedMinor = ({ terms, progress }: Transfer | Unborn): bigint =>
  'hold' in terms && !isMinted(terms) && progress.lockBooked && !progress.holdEnded ? BigInt(terms.hold.amountMinor) : 0n
