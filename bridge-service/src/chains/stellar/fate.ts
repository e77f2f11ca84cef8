/** What is asked of the ledger about one attempt, in the order in which it has to be asked. */
export type Evidence = {
  /** Read first: the newest ingested ledger. */
  readonly closeTime: bigint
  /** Read next, and not older than that ledger: whether the attempt's number is consumed; undefined when it was not told. */
  readonly consumed: boolean | undefined
  /** Read after both: whether any of the attempt's hashes is in a ledger. */
  readonly found: { readonly successful: boolean } | undefined
  /** Whether the ledger at which it was built is still in the history that was searched. */
  readonly covered: boolean
  /** The number is consumed, and by a transaction that is not ours. */
  readonly usurped: boolean
}

export type Verdict =
  | { readonly fate: 'succeeded' | 'failed' }
  | { readonly fate: 'dead'; readonly why: 'expired' | 'usurped' }
  | { readonly fate: 'open' }

/**
 * An attempt is dead when it can no longer be in any ledger to come (its time is over, or its number consumed) and is in none that there
 * is: a look-up made *after* the first was known, in a history that reaches back to when it was made. An empty look-up alone is weak, because
 * the node that answers it may lag: so a number that is consumed takes the transaction that did it, and one whose time is over must not be.
 */
export const verdictOf = (attempt: { readonly maxTime: bigint }, evidence: Evidence): Verdict => {
  const { closeTime, consumed, found, covered, usurped } = evidence
  if (found) return { fate: found.successful ? 'succeeded' : 'failed' }
  if (!covered) return { fate: 'open' }
  if (usurped) return { fate: 'dead', why: 'usurped' }
  // maxTime is inclusive.
  return closeTime > attempt.maxTime && consumed === false ? { fate: 'dead', why: 'expired' } : { fate: 'open' }
}
