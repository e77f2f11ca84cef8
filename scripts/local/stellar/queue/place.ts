import { replacementFee } from '../transaction/fee.ts'
import type { Refusal } from '../transaction/outcome.ts'
import type { Transaction } from '../transaction/transaction.ts'

/** Where a transaction would stand in the chain of its account. */
export type Place =
  | 'duplicate'
  | 'notNow'
  | { readonly refused: Refusal; readonly fee: bigint }
  /** `current` is the sequence number before it, when that is one in the queue. */
  | { readonly replacing: Transaction | undefined; readonly current: bigint | undefined }

type Chain = readonly Transaction[]

const free: Place = { replacing: undefined, current: undefined }
const badSequence: Place = { refused: 'txBadSeq', fee: 0n }

/** Today's core: one transaction of an account waits at a time, and only a fee bump of the same number takes its place. */
export const placeAlone = (transaction: Transaction, [waiting]: Chain): Place => {
  if (!waiting) return free
  if (isDuplicate(waiting, transaction)) return 'duplicate'
  if (transaction.sequence < waiting.sequence) return badSequence
  if (transaction.kind === 'plain' || transaction.sequence !== waiting.sequence) return 'notNow'
  return replacement(transaction, waiting, undefined)
}

/** Core 19: numbers may queue up one behind the other. */
export const placeInChain = (transaction: Transaction, chain: Chain): Place => {
  const last = chain.at(-1)
  if (!last) return free
  const at = chain.findIndex(({ sequence }) => sequence === transaction.sequence)
  const waiting = chain[at]
  // Only the first of a chain can know how long its account will have rested.
  const { minSequenceAge, minSequenceGap, minSequence } = transaction.preconditions
  const rests = minSequenceAge !== 0n || minSequenceGap !== 0
  if (transaction.kind === 'plain') {
    if (waiting && isDuplicate(waiting, transaction)) return 'duplicate'
    return rests ? 'notNow' : { replacing: undefined, current: last.sequence }
  }
  if (waiting) {
    if (isDuplicate(waiting, transaction)) return 'duplicate'
    const place = replacement(transaction, waiting, chain[at - 1]?.sequence)
    return at > 0 && rests && typeof place === 'object' && 'replacing' in place ? 'notNow' : place
  }
  const follows =
    transaction.sequence > last.sequence &&
    (minSequence === null ? transaction.sequence === last.sequence + 1n : minSequence <= last.sequence)
  if (!follows) return badSequence
  return rests ? 'notNow' : { replacing: undefined, current: last.sequence }
}

const replacement = (by: Transaction, waiting: Transaction, current: bigint | undefined): Place => {
  const fee = replacementFee(by, waiting)
  return by.fee < fee ? { refused: 'txInsufficientFee', fee } : { replacing: waiting, current }
}

/** The same envelope, or the one that waits inside a fee bump. */
const isDuplicate = (waiting: Transaction, transaction: Transaction): boolean =>
  waiting.envelopeHash === transaction.envelopeHash ||
  (waiting.kind === 'feeBump' && transaction.kind === 'plain' && waiting.inner.envelopeHash === transaction.envelopeHash)
