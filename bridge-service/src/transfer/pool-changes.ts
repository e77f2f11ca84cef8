import { account } from '../ledger/chart.ts'
import type { Entry } from '../ledger/entry.ts'
import { isMinted, type Terms } from './terms.ts'
import type { Transfer, Unborn } from './transfer.ts'

/** By how much a liquidity pool has more, or less, than before; in minor units. */
export type PoolChange = { readonly pool: string; readonly minor: bigint }

/**
 * What a step makes of the pools: as much as it books on the accounts that they stand for. What the treasury has locked for this transfer
 * is still its own, and in its pool, until it is delivered: so a pool's total is its account's posted balance and the locks made out of it.
 */
export const poolChanges = (before: Transfer | Unborn, after: Transfer, entries: readonly Entry[]): PoolChange[] => {
  const { terms } = after
  const pools = poolsOf(terms)
  const sums = new Map<string, bigint>()
  const add = (pool: string, minor: bigint) => sums.set(pool, (sums.get(pool) ?? 0n) + minor)
  for (const { account: id, layer, amount } of entries.flatMap(({ postings }) => postings)) {
    const pool = pools.get(id)
    if (pool !== undefined && layer === 'posted') add(pool, amount.minor)
  }
  add(terms.pool, lockedMinor(after) - lockedMinor(before))
  return [...sums].flatMap(([pool, minor]) => (minor === 0n ? [] : [{ pool, minor }]))
}

/** Of the accounts that a transfer can move, those that pools stand for. */
const poolsOf = (terms: Terms): ReadonlyMap<string, string> => {
  const { source, destination } = terms
  const pools = new Map<string, string>()
  if (source.kind === 'bank') pools.set(account.bankCash(source.currency), `${source.rail}:${source.currency}`)
  if ('deposit' in terms) {
    const { chain } = terms.deposit
    pools.set(account.treasury(chain, source.currency), `${chain}:${source.currency}`)
  }
  // A remittance is paid out of its partner's account, which is none of ours.
  if ('hold' in terms) pools.set(account.treasury(terms.chain, terms.hold.currency), terms.pool)
  else if (destination.kind === 'bank')
    pools.set(account.bankCash(destination.currency), `${destination.rail}:${destination.currency}`)
  return pools
}

/** What stands in the treasury's escrow in the ledger. What was minted for it was never in a pool. */
const lockedMinor = ({ terms, progress }: Transfer | Unborn): bigint =>
  'hold' in terms && !isMinted(terms) && progress.lockBooked && !progress.holdEnded ? BigInt(terms.hold.amountMinor) : 0n
