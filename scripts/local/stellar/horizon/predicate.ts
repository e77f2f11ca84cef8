import type { xdr } from '@stellar/stellar-sdk/base'

export type PredicateRecord = {
  readonly unconditional?: true
  readonly and?: readonly PredicateRecord[]
  readonly or?: readonly PredicateRecord[]
  readonly not?: PredicateRecord
  readonly abs_before?: string
  readonly abs_before_epoch?: string
  readonly rel_before?: string
}

/** A claim predicate in Horizon's JSON; times as ISO text and as Unix seconds. */
export const predicateRecord = (predicate: xdr.ClaimPredicate): PredicateRecord => {
  switch (predicate.type) {
    case 'claimPredicateUnconditional':
      return { unconditional: true }
    case 'claimPredicateAnd':
      return { and: predicate.andPredicates.map(predicateRecord) }
    case 'claimPredicateOr':
      return { or: predicate.orPredicates.map(predicateRecord) }
    case 'claimPredicateNot':
      return predicate.notPredicate ? { not: predicateRecord(predicate.notPredicate) } : {}
    case 'claimPredicateBeforeAbsoluteTime':
      return { abs_before: isoTime(predicate.absBefore), abs_before_epoch: String(predicate.absBefore) }
    case 'claimPredicateBeforeRelativeTime':
      return { rel_before: String(predicate.relBefore) }
  }
}

/** Years beyond 9999 get a sign and more digits: a reader must take the epoch then. */
const isoTime = (seconds: bigint) => {
  const last = 8_640_000_000_000n
  const bounded = seconds > last ? last : seconds < -last ? -last : seconds
  return new Date(Number(bounded) * 1_000).toISOString().replace('.000Z', 'Z')
}
