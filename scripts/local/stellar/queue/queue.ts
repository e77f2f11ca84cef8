import type { Core } from '../core.ts'
import type { AccountId } from '../ledger/account-id.ts'
import { isSuccess, type Outcome, type Refusal } from '../transaction/outcome.ts'
import type { Transaction } from '../transaction/transaction.ts'
import { openLimiter } from './limiter.ts'
import { placeAlone, placeInChain } from './place.ts'
import { openPool } from './pool.ts'

export type Answer = 'pending' | 'duplicate' | 'notNow' | { readonly refused: Outcome }

export type QueueDependencies = {
  readonly core: Core
  /** As of now; `current` is the sequence number that will have been used before it. */
  readonly validate: (transaction: Transaction, current: bigint | undefined) => Outcome
  /** Stroops of an account that fees may take. */
  readonly available: (account: AccountId) => bigint
  readonly maxTxSetSize: () => number
}

/** What waits for the next ledger. */
export const openQueue = ({ core, validate, available, maxTxSetSize }: QueueDependencies) => {
  const pool = openPool()
  const limiter = openLimiter(pool, maxTxSetSize)
  const placeOf = core.oneQueuedEach ? placeAlone : placeInChain

  const submit = (transaction: Transaction): Answer => {
    if (pool.isBanned(transaction)) return 'notNow'
    const place = placeOf(transaction, pool.chainOf(transaction.source))
    if (typeof place === 'string') return place
    if ('refused' in place) return refused(place.refused, place.fee)
    const { replacing, current } = place
    const full = limiter.admits(transaction, replacing)
    if (full) {
      pool.ban([transaction])
      return full.minimumFee === 0n ? 'notNow' : refused('txInsufficientFee', full.minimumFee)
    }
    const outcome = validate(transaction, current)
    if (!isSuccess(outcome)) return { refused: outcome }
    // All that an account has offered must be there at once.
    const taken = replacing?.feeSource === transaction.feeSource ? replacing.fee : 0n
    if (available(transaction.feeSource) - (transaction.fee - taken) < pool.feesOf(transaction.feeSource))
      return refused('txInsufficientBalance', outcome.feeCharged)
    limiter.makeRoom(transaction.operationCount - (replacing?.operationCount ?? 0))
    if (replacing) pool.replace(replacing, transaction)
    else pool.add(transaction)
    return 'pending'
  }

  return { submit, pool, shift: limiter.shift }
}

const maxInt64 = 2n ** 63n - 1n

const refused = (code: Refusal, fee: bigint): Answer => ({
  refused: { code, feeCharged: fee > maxInt64 ? maxInt64 : fee, operations: [] },
})
