import { Operation, type xdr } from '@stellar/stellar-sdk'
import type { HoldTerms } from '../chain.ts'
import { showStroops } from './amount.ts'
import { claimerOf } from './claimer.ts'
import type { StellarContext } from './context.ts'
import type { Watermark } from './horizon.ts'
import { lockedBalance } from './locked-balance.ts'
import type { Planned } from './plan.ts'

/** Gives a hold back to its payer: the treasury has it by the hot account's claim itself, anyone else by a payment, which burns the issuer's. */
export const planRefund = async (context: StellarContext, terms: HoldTerms, mark: Watermark): Promise<Planned> => {
  const hold = context.holdOf(terms)
  const { asset, stroops, payer, ref, escrowId } = hold
  const locked = await lockedBalance(context, escrowId)
  if (locked.kind === 'refused') return locked
  const { balanceId } = locked
  const { claimer, ...limit } = claimerOf(context, hold, balanceId, mark)
  const operations: xdr.Operation[] = [Operation.claimClaimableBalance({ balanceId, source: claimer })]
  if (claimer !== payer)
    operations.push(Operation.payment({ destination: payer, asset, amount: showStroops(stroops), source: claimer }))
  return { kind: 'plan', ref, operations, signers: [claimer], ...limit }
}
