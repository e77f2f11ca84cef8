import type { xdr } from '@stellar/stellar-sdk'
import { BridgeError, unreachable } from '../../errors.ts'
import { type Refused, refused } from '../../outcome.ts'
import type { StellarContext } from './context.ts'
import type { Watermark } from './horizon.ts'
import { planClaimDeposit, planPay, planReclaimDelivery, planReturnDeposit } from './plan-deposit.ts'
import { planLock } from './plan-lock.ts'
import { planRefund } from './plan-refund.ts'
import { planRelease } from './plan-release.ts'
import type { StellarTask } from './task.ts'

/** The one transaction that a task asks for, as the ledger stands: whatever channel, number and fee it goes out with. */
export type Plan = {
  readonly kind: 'plan'
  /** The transaction's memo, so that everyone sees what it is about. */
  readonly ref: `0x${string}`
  /** Of type hash, or return: then `ref` is the transaction whose money goes back. */
  readonly memo?: 'return' | undefined
  readonly operations: readonly xdr.Operation[]
  /** Whose signatures it needs beside the channel's. */
  readonly signers: readonly string[]
  /** Unix seconds, inclusive: from then on the ledger would refuse it anyway. */
  readonly latest?: bigint
}

export type Planned = Plan | Refused

/**
 * Reads what the task depends on and says what is to be done; `refused` when the ledger would not take it, or ours would lose by it. Throws
 * `chain_unavailable` when that cannot be told, or would be otherwise in a while.
 */
export const planOf = async (context: StellarContext, task: StellarTask, mark: Watermark): Promise<Planned> => {
  try {
    return await planned(context, task, mark)
  } catch (error) {
    // No waiting makes an amount less precise, or an asset known.
    if (error instanceof BridgeError && (error.code === 'amount_precision' || error.code === 'asset_unknown'))
      return refused(error.code, error.message)
    throw error
  }
}

const planned = (context: StellarContext, task: StellarTask, mark: Watermark): Promise<Planned> => {
  switch (task.action) {
    case 'lock':
      return planLock(context, task.terms, mark)
    case 'release':
      return planRelease(context, task.terms, mark)
    case 'refund':
      return planRefund(context, task.terms, mark)
    case 'claimDeposit':
      return planClaimDeposit(context, task, mark)
    case 'returnDeposit':
      return planReturnDeposit(context, task, mark)
    case 'pay':
      return planPay(context, task, mark)
    case 'reclaimDelivery':
      return planReclaimDelivery(context, task)
    default:
      return unreachable(task)
  }
}
