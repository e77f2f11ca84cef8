/** What is asked of the ledger about one attempt, in the order in which it has to be asked. */
export type Evidence = {
  /** Read first: the newest ingested ledger. */
  readonly closeTime: bigint
  /** Read next: the channel's number on the ledger; undefined when there is no such account. */
  readonly sequence: bigint | undefined
  /** Read after both: whether any of the attempt's hashes is in a ledger. */
  readonly found: { readonly successful: boolean } | undefined
  /** Whether the ledger at which it was built is still in the history that was searched. */
  readonly covered: boolean
  /** Who consumed the number, by the channel's own transactions; asked only when the number is consumed and no hash was found. */
  readonly consumer: 'another' | 'notShown' | undefined
}

export type Verdict =
  | { readonly fate: 'succeeded' | 'failed' }
  | { readonly fate: 'dead'; readonly why: 'expired' | 'usurped' }
  | { readonly fate: 'open' }

/**
 * An attempt is dead when it can no longer be in any ledger to come (its time is over, or its number consumed) and is in none that there
 * is: a look-up made *after* the first was known, in a history that reaches back to when it was made. A number that is consumed while no
 * transaction of ours shows is the more suspicious of the two: it takes another transaction that shows, or the time being over as well.
 */
export const verdictOf = (attempt: { readonly sequence: bigint; readonly maxTime: bigint }, evidence: Evidence): Verdict => {
  const { closeTime, sequence, found, covered, consumer } = evidence
  if (found) return { fate: found.successful ? 'succeeded' : 'failed' }
  if (!covered) return { fate: 'open' }
  // maxTime is inclusive.
  const expired = closeTime > attempt.maxTime
  const consumed = sequence !== undefined && sequence >= attempt.sequence
  if (!consumed) return expired ? { fate: 'dead', why: 'expired' } : { fate: 'open' }
  if (consumer === 'another' || (consumer === 'notShown' && expired)) return { fate: 'dead', why: 'usurped' }
  return { fate: 'open' }
}
