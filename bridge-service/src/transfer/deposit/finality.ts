import type { Reading } from '../decision.ts'
import type { ChainPlace, TransferEvent } from '../event.ts'
import { happened, nothing } from '../reading.ts'
import type { State } from '../state.ts'
import type { Progress } from '../transfer.ts'
import type { WaitKind } from '../wait.ts'
import {
  abandoned,
  type Depositing,
  ifServedTwice,
  isOver,
  isTooLateToAct,
  isTooLateToCommit,
  isUnderWay,
  turnBack,
} from './depositing.ts'

/** What of the deposit is final. `goOn` says what the route makes of a commit that is. */
export const readDepositFinality = (
  transfer: Depositing,
  kind: Extract<WaitKind, 'deposit' | 'commit' | 'depositRelease' | 'depositRefund'>,
  fact: string,
  nowMs: number,
  goOn: () => TransferEvent,
): Reading => {
  const { state, progress } = transfer
  const { deposit } = progress
  if (isOver(progress)) return nothing('the deposit is over')
  switch (kind) {
    case 'deposit':
      if (deposit?.lock?.fact !== fact || deposit.booked) return nothing('not waiting for it')
      return readLockFinality(transfer, nowMs)
    case 'commit':
      if (progress.commit?.fact !== fact || progress.committed) return nothing('not waiting for it')
      if (isUnderWay(state)) return happened([...lockFirst(progress, progress.commit), { type: 'commitFinalized' }])
      if (state !== 'committed') return nothing('not waiting for it')
      if (isTooLateToAct(transfer, nowMs)) return happened(turnBack(progress, 'deadline_passed'))
      return happened([...lockFirst(progress, progress.commit), goOn()])
    case 'depositRelease':
      if (state !== 'collected' || deposit?.release?.fact !== fact) return nothing('not waiting for it')
      return happened([...lockFirst(progress, deposit.release), ...collected(transfer)])
    case 'depositRefund':
      return readRefundFinality(transfer, fact)
  }
}

const bookable: readonly State[] = ['deposited', 'committing', 'committed', 'collecting', 'collected', 'refundingDeposit']

const readLockFinality = (transfer: Depositing, nowMs: number): Reading => {
  const { state, progress } = transfer
  if (state === 'deposited' && isTooLateToCommit(transfer, nowMs))
    return happened([...turnBack(progress, 'deadline_passed'), { type: 'depositFinalized' }])
  return bookable.includes(state) || isUnderWay(state) ? happened([{ type: 'depositFinalized' }]) : nothing('not waiting for it')
}

const readRefundFinality = ({ state, progress }: Depositing, fact: string): Reading => {
  if (progress.deposit?.refund?.fact !== fact) return nothing('not waiting for it')
  const final: TransferEvent = { type: 'depositRefundFinalized' }
  if (state === 'refundedDeposit') return happened([final, ...ifServedTwice(progress)])
  if (isUnderWay(state)) return happened([final])
  // What he got for it has arrived as well.
  if (state === 'collecting') return happened([final, { type: 'receivableOpened' }], ...abandoned(progress))
  return nothing('not waiting for it')
}

/** A commit or a release is final only with the lock under it, whatever was heard of that. */
const lockFirst = ({ deposit }: Progress, place: ChainPlace): TransferEvent[] => [
  ...(deposit?.lock ? [] : [{ type: 'depositLocked', ...place } as const]),
  ...(deposit?.booked ? [] : [{ type: 'depositFinalized' } as const]),
]

/** The deposit is ours for good, and so the transfer is completed. A payout that came back is still owed to the customer. */
export const collected = ({ progress }: Pick<Depositing, 'progress'>): TransferEvent[] => [
  { type: 'depositReleaseFinalized' },
  ...(progress.payout?.returned ? [{ type: 'receivableOpened' } as const] : []),
]
