import type { StellarContext } from './context.ts'
import type { Evidence } from './fate.ts'
import type { LedgerTx, Watermark } from './horizon.ts'
import type { Attempt } from './tx-store.ts'

export type Gathered = Evidence & {
  readonly found: LedgerTx | undefined
  /** Another past than the one that the attempt was built upon. */
  readonly resetTo: `0x${string}` | undefined
}

/**
 * Asks the ledger about an attempt. `mark` was read before. What is not needed for a verdict is not asked: while an attempt may still be on
 * its way, this is one question for each of its hashes. Throws `chain_unavailable`.
 */
export const gather = async ({ horizon }: StellarContext, attempt: Attempt, mark: Watermark): Promise<Gathered> => {
  const { closeTime } = mark
  const nothing = { closeTime, sequence: undefined, covered: false, consumer: undefined, resetTo: undefined }
  // Nearly always it is simply there.
  const early = await lookUp(horizon.transaction, attempt)
  if (early) return { ...nothing, found: early }
  const sequence = (await horizon.account(attempt.channel))?.sequence
  const expired = closeTime > attempt.maxTime
  const consumed = sequence !== undefined && sequence >= attempt.sequence
  if (!expired && !consumed) return { ...nothing, sequence, found: undefined }
  // Once more, because only now is it known that nothing can be added to what is found.
  const found = await lookUp(horizon.transaction, attempt)
  if (found) return { ...nothing, sequence, found }
  // Fewer ledgers, and yet a later time: this is not the chain of ledgers that we were on.
  if (expired && mark.ledger < attempt.builtLedger) return { ...nothing, sequence, found, resetTo: mark.hash }
  const hash = await horizon.ledgerHash(attempt.builtLedger)
  if (hash !== undefined && hash !== attempt.builtHash) return { ...nothing, sequence, found, resetTo: hash }
  const covered = hash === attempt.builtHash
  if (!covered || !consumed) return { ...nothing, sequence, found, covered }
  return { ...nothing, sequence, found, covered, ...(await consumerOf(horizon.transactionsOf, attempt)) }
}

/** The inner hash finds whatever is around it, and the outer ones are asked for too: one node's index may be what is wrong. */
const lookUp = async (find: (hash: string) => Promise<LedgerTx | undefined>, attempt: Attempt) => {
  const hashes = new Set([attempt.hash, ...attempt.versions.map(({ hash }) => hash)])
  const found = await Promise.all([...hashes].map(find))
  return found.find(tx => tx !== undefined)
}

const consumerOf = async (
  transactionsOf: (account: string) => Promise<{ items: LedgerTx[]; more: boolean }>,
  attempt: Attempt,
): Promise<{ consumer: Evidence['consumer']; found?: LedgerTx }> => {
  const { items, more } = await transactionsOf(attempt.channel)
  const taker = items.find(tx => tx.source === attempt.channel && tx.sequence === attempt.sequence)
  if (taker) return taker.innerHash === attempt.hash ? { consumer: undefined, found: taker } : { consumer: 'another' }
  // A jump of the number leaves no transaction that had it. Then the list must reach back to before the attempt was made.
  const reachesBack = !more || items.some(tx => tx.ledger <= attempt.builtLedger)
  return { consumer: reachesBack ? 'notShown' : undefined }
}
