import { Operation, type xdr } from '@stellar/stellar-sdk'
import { type Refused, refused } from '../../outcome.ts'
import type { HoldTerms } from '../chain.ts'
import { baseAccountOf, isMuxed } from './address.ts'
import { showStroops } from './amount.ts'
import { deliveryClaimants } from './claimants.ts'
import type { StellarContext } from './context.ts'
import { assertReserve, createBalance } from './create-balance.ts'
import type { LedgerHold } from './hold.ts'
import type { Watermark } from './horizon.ts'
import { lockedBalance } from './locked-balance.ts'
import type { Planned } from './plan.ts'
import { problemOfTaking } from './trust.ts'

/**
 * Claims the hold and pays the customer, both or neither. A customer who cannot take it yet gets a balance that he can claim whenever he can,
 * and that comes back to us when he never does.
 */
export const planRelease = async (context: StellarContext, terms: HoldTerms, mark: Watermark): Promise<Planned> => {
  const { accounts, holdOf } = context
  const hold = holdOf(terms)
  const { hot, refundAfter, ref, escrowId } = hold
  if (mark.closeTime >= refundAfter) return refused('escrow_expired', 'only the cold account can claim it by now')
  const locked = await lockedBalance(context, escrowId)
  if (locked.kind === 'refused') return locked
  const payout = await payoutOf(context, hold, terms.payee, mark)
  if (!Array.isArray(payout)) return payout
  return {
    kind: 'plan',
    ref,
    operations: [Operation.claimClaimableBalance({ balanceId: locked.balanceId, source: hot }), ...payout],
    signers: payout.length > 1 ? [hot, accounts.sponsor] : [hot],
    latest: refundAfter - 1n,
  }
}

const payoutOf = async (
  context: StellarContext,
  hold: LedgerHold,
  payee: string,
  mark: Watermark,
): Promise<xdr.Operation[] | Refused> => {
  const { horizon, accounts, settings, notify } = context
  const { asset, token, stroops, hot, refundAfter, ref } = hold
  const customer = baseAccountOf(payee)
  const problem = problemOfTaking(await horizon.account(customer), token, stroops)
  if (problem === undefined) return [Operation.payment({ destination: payee, asset, amount: showStroops(stroops), source: hot })]
  // A balance can only be the account's: whose customer a muxed address means would be lost.
  if (isMuxed(payee)) return refused(problem, 'a muxed address can only be paid')
  await assertReserve(context, mark)
  notify({ type: 'deliveryInsteadOfPayment', ref, why: problem })
  const reclaimFrom = (refundAfter > mark.closeTime ? refundAfter : mark.closeTime) + BigInt(settings.deliverySec)
  return createBalance(accounts.sponsor, {
    ...{ token, stroops, creator: hot },
    claimants: deliveryClaimants(customer, hot, reclaimFrom),
  })
}
