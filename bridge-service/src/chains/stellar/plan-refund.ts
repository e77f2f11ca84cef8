import { Operation, type xdr } from '@stellar/stellar-sdk'
import type { HoldTerms } from '../chain.ts'
import { showStroops } from './amount.ts'
import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'
import type { Watermark } from './horizon.ts'
import { lockedBalance } from './locked-balance.ts'
import type { Planned } from './plan.ts'

/**
 * Gives a hold back to its payer: the treasury has it by the claim itself, the issuer by a payment, which burns it. From the deadline on only
 * the cold account can claim.
 */
export const planRefund = async (context: StellarContext, terms: HoldTerms, mark: Watermark): Promise<Planned> => {
  const { accounts, holdOf, notify } = context
  const { asset, stroops, payer, hot, cold, refundAfter, ref, escrowId } = holdOf(terms)
  const locked = await lockedBalance(context, escrowId)
  if (locked.kind === 'refused') return locked
  const isLate = mark.closeTime >= refundAfter
  const claimer = isLate ? cold : hot
  if (accounts.keyOf(claimer) === undefined) {
    notify({ type: 'coldKeyNeeded', balanceId: locked.balanceId })
    throw unavailable('the key of the claimer is not here', { claimer })
  }
  const operations: xdr.Operation[] = [Operation.claimClaimableBalance({ balanceId: locked.balanceId, source: claimer })]
  if (claimer !== payer)
    operations.push(Operation.payment({ destination: payer, asset, amount: showStroops(stroops), source: claimer }))
  return { kind: 'plan', ref, operations, signers: [claimer], ...(isLate ? {} : { latest: refundAfter - 1n }) }
}
