import type { Reading } from '../decision.ts'
import type { Input, TimerKind } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import { abandoned, type Depositing, ifServedTwice, isTooLateToCommit, isUnderWay, turnBack } from './depositing.ts'

/** A chain refused what was wished for the deposit: it is wished again later, or it is too late. */
export const readDepositRefusal = (
  transfer: Depositing,
  { step, attempt, code, detail }: Extract<Input, { type: 'intentRefused' }>,
  nowMs: number,
): Reading => {
  const { state, progress } = transfer
  const { attempts } = progress
  const failed = changed(step, 'FAILED', attempt)
  if (step === 'commitEscrow' && attempt === (attempts.commit ?? 0) && progress.commit === undefined) {
    const refused = { type: 'commitRefused', code, detail } as const
    if (state === 'committing') return happened([refused, ...ifNoCommitCanCome(transfer, nowMs)], failed)
    if (isUnderWay(state)) return happened([refused], failed)
  }
  if (step === 'releaseDeposit' && state === 'collecting' && attempt === (attempts.depositRelease ?? 0))
    return happened([{ type: 'depositReleaseRefused', code, detail }], failed)
  if (step === 'refundDeposit' && state === 'refundingDeposit' && attempt === (attempts.depositRefund ?? 0))
    return happened([{ type: 'depositRefundRefused', code, detail }], failed)
  return nothing('the refusal is about a step that is over')
}

export const readDepositDeadline = (transfer: Depositing, kind: TimerKind, nowMs: number): Reading => {
  const { state, progress } = transfer
  const { wishes } = progress
  switch (kind) {
    case 'deposit':
      return readExpiry(transfer)
    case 'retryCommit': {
      if (wishes?.commit !== 'refused' || progress.commit !== undefined) return nothing('committed by now, or wished again')
      if (isUnderWay(state)) return happened([{ type: 'commitRetried' }])
      if (state !== 'committing') return nothing('committed by now, or turned back')
      const back = ifNoCommitCanCome(transfer, nowMs)
      return happened(back.length > 0 ? back : [{ type: 'commitRetried' }])
    }
    case 'retryDepositRelease':
      return state === 'collecting' && wishes?.depositRelease === 'refused'
        ? happened([{ type: 'depositReleaseRetried' }])
        : nothing('collected by now, or wished again')
    case 'retryDepositRefund':
      return state === 'refundingDeposit' && wishes?.depositRefund === 'refused'
        ? happened([{ type: 'depositRefundRetried' }])
        : nothing('refunded by now, or wished again')
    default:
      return nothing('the deposit has no such deadline')
  }
}

/** Nothing is there, and nothing can come any more that would not be sent back. */
const readExpiry = ({ state, progress }: Depositing): Reading => {
  if (progress.deposit?.lock !== undefined) return nothing('it came in time')
  switch (state) {
    case 'awaitingDeposit':
      return happened([{ type: 'depositExpired' }])
    case 'committing':
    case 'refundingDeposit':
      return happened([{ type: 'depositExpired' }, ...ifServedTwice(progress)], ...abandoned(progress))
    case 'collecting':
      // The chain has forgotten what was final, and what was promised for it has arrived.
      if (progress.deposit?.refund !== undefined) return nothing('somebody has refunded it')
      return happened([{ type: 'depositExpired' }, { type: 'receivableOpened' }], ...abandoned(progress))
    default:
      return nothing('not waiting for a deposit')
  }
}

const ifNoCommitCanCome = (transfer: Depositing, nowMs: number) => {
  const { cancelReason } = transfer.progress
  if (cancelReason !== undefined) return turnBack(transfer.progress, cancelReason)
  return isTooLateToCommit(transfer, nowMs) ? turnBack(transfer.progress, 'deadline_passed') : []
}
