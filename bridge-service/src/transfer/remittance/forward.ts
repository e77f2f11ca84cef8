import { ifNothingToPayBack } from '../credit.ts'
import type { Reading } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { readHoldRetry } from '../hold-retry.ts'
import type { TimerKind } from '../input.ts'
import { happened, nothing } from '../reading.ts'
import type { TransferOf } from '../transfer.ts'
import type { WaitKind } from '../wait.ts'
import { reasonToTurnBack } from './turning-back.ts'

type Transfer = TransferOf<'remittance'>

// A commit that is sent so close to the soft deadline could race with anybody's refund.
const commitMarginMs = 60_000
// From the hard deadline on anybody may pay the partner, paid out or not: a bank has to have had its time before.
const payoutMarginMs = 3_600_000

export const readFinality = (transfer: Transfer, kind: WaitKind, fact: string, nowMs: number): Reading => {
  const { state, progress } = transfer
  switch (kind) {
    case 'lock':
      if (state !== 'locked' || progress.lock?.fact !== fact) return nothing('not waiting for it')
      return happened([{ type: 'lockFinalized' }, ...afterClearing(transfer, nowMs)])
    case 'commit':
      if (state !== 'committed' || progress.commit?.fact !== fact) return nothing('not waiting for it')
      return happened([isLate(progress.debit?.hardDeadline, nowMs + payoutMarginMs) ? tooLate : { type: 'commitFinalized' }])
    case 'release':
      if (progress.release?.fact !== fact || progress.holdEnded) return nothing('not waiting for it')
      if (state === 'released')
        return happened([
          { type: 'releaseFinalized' },
          ...(progress.debit?.returned || progress.payout?.returned ? [{ type: 'receivableOpened' } as const] : []),
        ])
      return state === 'review' ? happened([{ type: 'releaseFinalized' }]) : nothing('not waiting for it')
    case 'refund':
      if (progress.refund?.fact !== fact || progress.holdEnded) return nothing('not waiting for it')
      if (state === 'refunded') return happened([{ type: 'refundFinalized' }, ...ifNothingToPayBack(progress)])
      return state === 'review' ? happened([{ type: 'refundFinalized' }]) : nothing('not waiting for it')
    default:
      return nothing('a remittance waits for no such thing')
  }
}

export const readDeadline = (transfer: Transfer, kind: TimerKind, nowMs: number): Reading => {
  const { state, progress } = transfer
  const { wishes } = progress
  switch (kind) {
    case 'clearing': {
      if (state !== 'clearing') return nothing('not clearing')
      // The timer is due by the database's own clock, which ours follows at some distance: a timer that was ignored would never come again.
      const finalAtMs = Date.parse(progress.debit!.finalAt!)
      return happened(afterClearing(transfer, Math.max(nowMs, finalAtMs)))
    }
    case 'retryCommit':
      if (state !== 'committing' || wishes?.commit !== 'refused') return nothing('committed by now, or wished again')
      return happened([isLate(progress.debit?.refundAfter, nowMs + commitMarginMs) ? tooLate : { type: 'commitRetried' }])
    case 'retryRelease':
    case 'retryRefund':
      return readHoldRetry(transfer, kind)
    default:
      return nothing('a remittance has no such deadline')
  }
}

/** The last decision before the escrow is committed: go on, turn back, or wait for the fiat to be final. */
const afterClearing = ({ progress, terms }: Transfer, nowMs: number): TransferEvent[] => {
  const reason = reasonToTurnBack(progress)
  if (reason !== undefined) return [{ type: 'compensationStarted', reason }]
  if (isLate(progress.debit?.refundAfter, nowMs + commitMarginMs)) return [tooLate]
  const finalAt = progress.debit?.finalAt
  if (finalAt === undefined || Date.parse(finalAt) > nowMs) return []
  return terms.commits ? [{ type: 'clearingPassed' }] : [{ type: 'clearingPassed' }, { type: 'commitSkipped' }]
}

const tooLate: TransferEvent = { type: 'compensationStarted', reason: 'deadline_passed' }

const isLate = (deadlineSec: number | undefined, atMs: number) => atMs >= (deadlineSec ?? 0) * 1000
