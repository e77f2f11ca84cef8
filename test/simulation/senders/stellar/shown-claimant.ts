import type { ClaimRule, ShownClaimant } from '../../../../bridge-service/src/chains/stellar/claimants.ts'

/** A claimant as Horizon shows him. */
export const shownClaimant = (rule: ClaimRule): ShownClaimant => {
  const { account: destination } = rule
  if (rule.when === 'always') return { destination, predicate: { unconditional: true } }
  const before = { abs_before_epoch: rule.time.toString() }
  return { destination, predicate: rule.when === 'before' ? before : { not: before } }
}
