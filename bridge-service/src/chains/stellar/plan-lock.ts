import { refused } from '../../outcome.ts'
import type { HoldTerms } from '../chain.ts'
import { holdClaimants } from './claimants.ts'
import type { StellarContext } from './context.ts'
import { assertReserve, createBalance } from './create-balance.ts'
import { unavailable } from './failure.ts'
import type { Watermark } from './horizon.ts'
import type { Planned } from './plan.ts'
import { problemOfPaying, problemOfTaking } from './trust.ts'

/** One balance, of which only our hot account is a claimant before the deadline, and only our cold one from then on. */
export const planLock = async (context: StellarContext, terms: HoldTerms, mark: Watermark): Promise<Planned> => {
  const { horizon, accounts, holdOf } = context
  const { token, stroops, payer, hot, cold, refundAfter, ref } = holdOf(terms)
  if (mark.closeTime >= refundAfter) return refused('escrow_expired', 'its deadline has passed')
  if (accounts.keyOf(payer) === undefined) throw unavailable('the key of the payer is not here', { payer })
  const [payerAccount, hotAccount, coldAccount] = await Promise.all([payer, hot, cold].map(account => horizon.account(account)))
  const unpaid = problemOfPaying(payerAccount, token, stroops)
  if (unpaid) return refused(unpaid, `the payer of the hold: ${unpaid}`)
  // What neither of our accounts could claim would be locked in for good; how much room there is counts only when it is claimed.
  for (const [name, account] of [
    ['hot', hotAccount],
    ['cold', coldAccount],
  ] as const) {
    const problem = problemOfTaking(account, token, 0n)
    if (problem) return refused(problem, `the ${name} account: ${problem}`)
  }
  await assertReserve(context, mark)
  const claimants = holdClaimants(hot, cold, refundAfter)
  return {
    kind: 'plan',
    ref,
    operations: createBalance(accounts.sponsor, { token, stroops, creator: payer, claimants }),
    signers: [payer, accounts.sponsor],
    latest: refundAfter - 1n,
  }
}
