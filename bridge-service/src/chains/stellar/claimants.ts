import { Claimant, type xdr } from '@stellar/stellar-sdk'

/** Who may claim a balance, and from when or until when. Times are absolute, Unix seconds. */
export type ClaimRule =
  | { readonly account: string; readonly when: 'always' }
  | { readonly account: string; readonly when: 'before' | 'from'; readonly time: bigint }

/** `before` and `from` the same second leave neither a gap nor an overlap: the ledger's own close time decides. */
export const holdClaimants = (hot: string, cold: string, refundAfter: bigint): ClaimRule[] => [
  { account: hot, when: 'before', time: refundAfter },
  { account: cold, when: 'from', time: refundAfter },
]

/** A delivery is the customer's at once; what he never fetches comes back to us. */
export const deliveryClaimants = (customer: string, hot: string, reclaimFrom: bigint): ClaimRule[] => [
  { account: customer, when: 'always' },
  { account: hot, when: 'from', time: reclaimFrom },
]

/** A deposit is ours until T, and the customer's own from T on, without a word from us. */
export const depositClaimants = (hot: string, customer: string, refundAfter: bigint): ClaimRule[] => [
  { account: hot, when: 'before', time: refundAfter },
  { account: customer, when: 'from', time: refundAfter },
]

export const claimantOf = (rule: ClaimRule): Claimant => new Claimant(rule.account, predicateOf(rule))

const predicateOf = (rule: ClaimRule): xdr.ClaimPredicate => {
  if (rule.when === 'always') return Claimant.predicateUnconditional()
  const before = Claimant.predicateBeforeAbsoluteTime(rule.time.toString())
  return rule.when === 'before' ? before : Claimant.predicateNot(before)
}

/** A predicate as Horizon shows it. */
export type ShownPredicate = {
  readonly unconditional?: boolean | undefined
  readonly abs_before_epoch?: string | undefined
  readonly not?: ShownPredicate | undefined
}
export type ShownClaimant = { readonly destination: string; readonly predicate: ShownPredicate }

/** Exactly these claimants, in any order, and nobody else: an equivalent of other making is not read, it is refused. */
export const areClaimants = (shown: readonly ShownClaimant[], rules: readonly ClaimRule[]): boolean =>
  shown.length === rules.length && rules.every(rule => shown.filter(claimant => isClaimant(claimant, rule)).length === 1)

const isClaimant = ({ destination, predicate }: ShownClaimant, rule: ClaimRule): boolean => {
  if (destination !== rule.account) return false
  if (rule.when === 'always') return only(predicate, 'unconditional') && predicate.unconditional === true
  if (rule.when === 'before') return isBefore(predicate, rule.time)
  return only(predicate, 'not') && predicate.not !== undefined && isBefore(predicate.not, rule.time)
}

/** When this claimant may claim, in Unix seconds, `until` exclusive; undefined for nobody, and for what is no predicate of ours. */
export const windowOf = (claimant: ShownClaimant | undefined): { from: bigint; until?: bigint } | undefined => {
  if (claimant === undefined) return undefined
  const { predicate } = claimant
  if (only(predicate, 'unconditional') && predicate.unconditional === true) return { from: 0n }
  const until = timeOf(predicate)
  if (until !== undefined) return { from: 0n, until }
  const from = predicate.not && only(predicate, 'not') ? timeOf(predicate.not) : undefined
  return from === undefined ? undefined : { from }
}

const timeOf = (predicate: ShownPredicate): bigint | undefined => {
  const { abs_before_epoch: epoch } = predicate
  return only(predicate, 'abs_before', 'abs_before_epoch') && epoch !== undefined ? BigInt(epoch) : undefined
}

const isBefore = (predicate: ShownPredicate, time: bigint): boolean =>
  only(predicate, 'abs_before', 'abs_before_epoch') && predicate.abs_before_epoch === time.toString()

const only = (predicate: object, ...keys: string[]): boolean => Object.keys(predicate).every(key => keys.includes(key))
