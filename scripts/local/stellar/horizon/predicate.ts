import type { xdr } from '@stellar/stellar-sdk/base'
import { isoTime } from './iso-time.ts'

export type PredicateRecord = {
  readonly unconditional?: true
  readonly and?: readonly PredicateRecord[]
  readonly or?: readonly PredicateRecord[]
  readonly not?: PredicateRecord
  readonly abs_before?: string
  readonly abs_before_epoch?: string
  readonly rel_before?: string
}

/** A claim predicate in Horizon's JSON; times as ISO text and as Unix seconds, which alone are exact beyond the calendar. */
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
