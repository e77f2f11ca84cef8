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
 * Asks the ledger about an attempt. `mark` was read before. What is not needed for a verdict is not asked: mostly it is one question for each
 * of its hashes. Throws `chain_unavailable`.
 */
export const gather = async ({ horizon }: StellarContext, attempt: Attempt, mark: Watermark): Promise<Gathered> => {
  const { closeTime } = mark
  const nothing = { closeTime, consumed: undefined, found: undefined, covered: false, usurped: false, resetTo: undefined }
  // Nearly always it is simply there.
  const early = await lookUp(horizon.transaction, attempt)
  if (early) return { ...nothing, found: early }
  const account = await horizon.account(attempt.channel)
  // No account, no word about its number: it may have been merged away after the attempt had its effect.
  const consumed = account && isConsumed(account, attempt, mark)
  const expired = closeTime > attempt.maxTime
  if (!expired && !consumed) return { ...nothing, consumed }
  // Once more, because only now is it known that nothing can be added to what is found.
  const found = await lookUp(horizon.transaction, attempt)
  if (found) return { ...nothing, consumed, found }
  // Fewer ledgers, and yet a later time: this is not the chain of ledgers that we were on.
  if (expired && mark.ledger < attempt.builtLedger) return { ...nothing, consumed, resetTo: mark.hash }
  const hash = await horizon.ledgerHash(attempt.builtLedger)
  if (hash !== undefined && hash !== attempt.builtHash) return { ...nothing, consumed, resetTo: hash }
  const covered = hash === attempt.builtHash
  const taker = consumed ? await horizon.takerOf(attempt.channel, attempt.sequence) : undefined
  // One index may know what the other does not yet.
  const ours = taker?.innerHash === attempt.hash ? taker : undefined
  return { ...nothing, consumed, covered, found: ours, usurped: taker !== undefined && ours === undefined }
}

/** Consumed once is consumed for good, but "not consumed" must not be older than what it is held against. */
const isConsumed = (account: { sequence: bigint; asOf: bigint | undefined }, attempt: Attempt, mark: Watermark) => {
  if (account.sequence >= attempt.sequence) return true
  return account.asOf !== undefined && account.asOf < mark.ledger ? undefined : false
}

/** The inner hash finds whatever is around it, and the outer ones are asked for too: one node's index may be what is wrong. */
const lookUp = async (find: (hash: string) => Promise<LedgerTx | undefined>, attempt: Attempt) => {
  const hashes = new Set([attempt.hash, ...attempt.versions.map(({ hash }) => hash)])
  const found = await Promise.all([...hashes].map(find))
  return found.find(tx => tx !== undefined)
}
