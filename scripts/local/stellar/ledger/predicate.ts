import { xdr } from '@stellar/stellar-sdk/base'
import { maxInt64 } from './funds.ts'

const maxDepth = 4

/** Four levels at most, no branch missing, no time negative. */
export const isWellFormed = (predicate: xdr.ClaimPredicate, depth = 1): boolean => {
  if (depth > maxDepth) return false
  const pair = (both: xdr.ClaimPredicate[]) => both.length === 2 && both.every(one => isWellFormed(one, depth + 1))
  switch (predicate.type) {
    case 'claimPredicateUnconditional':
      return true
    case 'claimPredicateAnd':
      return pair(predicate.andPredicates)
    case 'claimPredicateOr':
      return pair(predicate.orPredicates)
    case 'claimPredicateNot':
      return predicate.notPredicate !== null && isWellFormed(predicate.notPredicate, depth + 1)
    case 'claimPredicateBeforeAbsoluteTime':
      return predicate.absBefore >= 0n
    case 'claimPredicateBeforeRelativeTime':
      return predicate.relBefore >= 0n
  }
}

/** As the ledger keeps it: relative times count from the close of the ledger that creates the balance, up to the last second of int64. */
export const absolute = (predicate: xdr.ClaimPredicate, closeTime: bigint): xdr.ClaimPredicate => {
  switch (predicate.type) {
    case 'claimPredicateAnd':
      return xdr.ClaimPredicate.claimPredicateAnd(predicate.andPredicates.map(one => absolute(one, closeTime)))
    case 'claimPredicateOr':
      return xdr.ClaimPredicate.claimPredicateOr(predicate.orPredicates.map(one => absolute(one, closeTime)))
    case 'claimPredicateNot':
      return xdr.ClaimPredicate.claimPredicateNot(absolute(predicate.notPredicate!, closeTime))
    case 'claimPredicateBeforeRelativeTime': {
      const time = closeTime + predicate.relBefore
      return xdr.ClaimPredicate.claimPredicateBeforeAbsoluteTime(time > maxInt64 ? maxInt64 : time)
    }
    default:
      return predicate
  }
}

/** Of a predicate as the ledger keeps it. */
export const holds = (predicate: xdr.ClaimPredicate, closeTime: bigint): boolean => {
  switch (predicate.type) {
    case 'claimPredicateUnconditional':
      return true
    case 'claimPredicateAnd':
      return predicate.andPredicates.every(one => holds(one, closeTime))
    case 'claimPredicateOr':
      return predicate.orPredicates.some(one => holds(one, closeTime))
    case 'claimPredicateNot':
      return !holds(predicate.notPredicate!, closeTime)
    case 'claimPredicateBeforeAbsoluteTime':
      return predicate.absBefore > closeTime
    case 'claimPredicateBeforeRelativeTime':
      throw new Error('a relative time was kept in the ledger')
  }
}
