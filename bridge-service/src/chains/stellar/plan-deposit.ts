import { Operation } from '@stellar/stellar-sdk'
import { refused } from '../../outcome.ts'
import { baseAccountOf } from './address.ts'
import { showStroops } from './amount.ts'
import { assetOf } from './asset.ts'
import { windowOf } from './claimants.ts'
import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'
import type { Watermark } from './horizon.ts'
import type { Planned } from './plan.ts'
import type { StellarTask } from './task.ts'
import { problemOfPaying, problemOfTaking } from './trust.ts'
import { verifyDeposit } from './verify-deposit.ts'

type Task<A extends StellarTask['action']> = Extract<StellarTask, { action: A }>

/** Only what is exactly the deposit that was agreed. `escrow_expired`: it is the customer's again. */
export const planClaimDeposit = async (
  context: StellarContext,
  task: Task<'claimDeposit'>,
  mark: Watermark,
): Promise<Planned> => {
  const { terms, balanceId, burn } = task
  const { hot } = context.accounts
  const refundAfter = BigInt(terms.refundAfter)
  if (mark.closeTime >= refundAfter) return refused('escrow_expired', 'the deposit is the customer’s again')
  const verdict = await verifyDeposit(context, terms, balanceId)
  // Gone, or not here yet: the deadline will tell, and until then nothing can be lost.
  if (verdict.kind === 'absent') throw unavailable('the deposit is not on the ledger', { balanceId })
  if (verdict.kind === 'differs') return refused('deposit_differs', verdict.what)
  const claim = Operation.claimClaimableBalance({ balanceId, source: hot })
  const { token, stroops } = verdict
  const asset = assetOf(token)
  const destroy = Operation.payment({ destination: asset.getIssuer()!, asset, amount: showStroops(stroops), source: hot })
  return {
    kind: 'plan',
    ref: terms.ref,
    operations: burn ? [claim, destroy] : [claim],
    signers: [hot],
    latest: refundAfter - 1n,
  }
}

/** Claim and payment in one, so that nothing of it is ever ours. */
export const planReturnDeposit = async (
  { horizon, accounts }: StellarContext,
  task: Task<'returnDeposit'>,
  mark: Watermark,
): Promise<Planned> => {
  const { balanceId, to, ref, memo } = task
  const balance = await horizon.balance(balanceId)
  if (balance === undefined) return refused('deposit_absent', balanceId)
  const window = windowOf(balance.claimants.find(({ destination }) => destination === accounts.hot))
  if (window === undefined || mark.closeTime < window.from) return refused('deposit_not_ours', 'we cannot claim it')
  if (window.until !== undefined && mark.closeTime >= window.until)
    return refused('escrow_expired', 'the deposit is the customer’s again')
  const problem = problemOfTaking(await horizon.account(baseAccountOf(to)), balance.token, balance.stroops)
  if (problem) return refused(problem, `the owner: ${problem}`)
  const pay = Operation.payment({
    destination: to,
    asset: assetOf(balance.token),
    amount: showStroops(balance.stroops),
    source: accounts.hot,
  })
  return {
    kind: 'plan',
    ...{ ref, memo },
    operations: [Operation.claimClaimableBalance({ balanceId, source: accounts.hot }), pay],
    signers: [accounts.hot],
    ...(window.until === undefined ? {} : { latest: window.until - 1n }),
  }
}

export const planPay = async ({ horizon, accounts }: StellarContext, task: Task<'pay'>, mark: Watermark): Promise<Planned> => {
  const { to, ref, memo, token } = task
  const { hot } = accounts
  const stroops = BigInt(task.stroops)
  const unpaid = problemOfPaying(await horizon.account(hot), token, stroops, mark)
  if (unpaid) return refused(unpaid, `the treasury: ${unpaid}`)
  const problem = problemOfTaking(await horizon.account(baseAccountOf(to)), token, stroops)
  if (problem) return refused(problem, `the payee: ${problem}`)
  const payment = Operation.payment({ destination: to, asset: assetOf(token), amount: showStroops(stroops), source: hot })
  return { kind: 'plan', ref, memo, operations: [payment], signers: [hot] }
}

export const planReclaimDelivery = async (
  { horizon, accounts }: StellarContext,
  task: Task<'reclaimDelivery'>,
): Promise<Planned> => {
  const { balanceId, ref } = task
  const { hot } = accounts
  const balance = await horizon.balance(balanceId)
  if (balance === undefined) return refused('delivery_absent', 'it was fetched, or clawed back')
  return { kind: 'plan', ref, operations: [Operation.claimClaimableBalance({ balanceId, source: hot })], signers: [hot] }
}
