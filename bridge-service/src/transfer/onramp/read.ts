import type { RailFact } from '../../rails/rail.ts'
import { ifNothingToPayBack, ifNothingWasCredited, readCredit, readCreditRefusal } from '../credit.ts'
import { readDebit } from '../debit.ts'
import type { Reading } from '../decision.ts'
import type { ChainPlace, TransferEvent } from '../event.ts'
import { rawCodeOf } from '../event.ts'
import { readHoldRetry } from '../hold-retry.ts'
import type { Input, RouteInput } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import { readReclaim } from '../reclaim.ts'
import { isMinted } from '../terms.ts'
import type { TransferOf } from '../transfer.ts'
import type { WaitKind } from '../wait.ts'

type Transfer = TransferOf<'onramp'>

// A release that is sent so close to the soft deadline could race with anybody's refund.
const releaseMarginMs = 60_000

/** `nowMs` is database time in milliseconds since the epoch. */
export const readOnramp = (transfer: Transfer, input: RouteInput, nowMs: number): Reading => {
  switch (input.type) {
    case 'screened':
      if (transfer.state !== 'requested') return nothing('already screened')
      return happened(
        [{ type: 'screeningPassed', list: input.list }, fundingOf(transfer.terms, input.availableMinor)],
        changed('screen', 'SUCCEEDED'),
      )
    case 'intentRefused':
      return readRefusal(transfer, input)
    case 'intentUnknown':
      if (input.step === 'debitFiat' && transfer.state === 'debiting')
        return happened([{ type: 'debitUnknown', detail: input.detail }], changed('debitFiat', 'UNKNOWN'))
      if (input.step === 'creditFiat' && transfer.state === 'crediting')
        return happened([{ type: 'creditUnknown', detail: input.detail }], changed('creditFiat', 'UNKNOWN'))
      return nothing('the outcome is known by now')
    case 'railAnswered':
    case 'railFact':
      if (input.step === 'payoutFiat') return nothing('an on-ramp pays nothing out')
      return input.step === 'debitFiat'
        ? readDebit(transfer, input.fact, nowMs, {
            readReturn: () => readReturn(transfer, input.fact),
            readRecall: () => readCancel(transfer, 'debit_recalled'),
          })
        : readCredit(transfer, input.fact)
    case 'depositFact':
      return nothing('an on-ramp has no deposit')
    case 'chainFact':
      return readChain(transfer, input.kind, input.status, input.place)
    case 'finalityReached':
      return readFinality(transfer, input.kind, input.fact, nowMs)
    case 'deadlineReached':
      return readDeadline(transfer, input.kind, nowMs)
    case 'cancelCommand':
      return readCancel(transfer, input.reason)
  }
}

const fundingOf = (terms: Transfer['terms'], availableMinor: bigint): TransferEvent => {
  if (isMinted(terms)) return { type: 'mintPlanned' }
  return availableMinor >= BigInt(terms.destinationAmount.minor)
    ? { type: 'liquidityReserved' }
    : { type: 'liquidityRefused', code: 'liquidity_insufficient', detail: `pool ${terms.pool}` }
}

const readRefusal = (transfer: Transfer, input: Extract<Input, { type: 'intentRefused' }>): Reading => {
  const { state, progress } = transfer
  const { step, attempt, code, detail } = input
  const failed = changed(step, 'FAILED', attempt)
  if (step === 'screen' && state === 'requested') return happened([{ type: 'screeningRefused', code, detail }], failed)
  if (step === 'debitFiat' && state === 'debiting') return happened([{ type: 'debitRefused', code, detail }], failed)
  if (step === 'lockEscrow' && state === 'locking')
    return happened([{ type: 'lockRefused', code, detail }, ...ifNothingToPayBack(progress)], failed)
  if (step === 'releaseEscrow' && state === 'releasing' && attempt === progress.attempts.release)
    return happened([{ type: 'releaseRefused', code, detail }], failed)
  if (step === 'refundEscrow' && state === 'refunding' && attempt === progress.attempts.refund)
    return happened([{ type: 'refundRefused', code, detail }], failed)
  if (step === 'creditFiat') return readCreditRefusal(transfer, code, detail)
  return nothing('the refusal is about a step that is over')
}

const readReturn = ({ state, progress }: Transfer, fact: RailFact): Reading => {
  const returned = (afterPivot: boolean): TransferEvent => ({
    type: 'debitReturned',
    rawCode: rawCodeOf(fact),
    afterPivot,
    at: fact.at,
  })
  switch (state) {
    case 'locking':
    case 'refunding':
    case 'refunded':
      return happened([returned(false)])
    case 'locked':
    case 'clearing':
      return happened([returned(false), { type: 'compensationStarted', reason: 'debit_returned' }])
    case 'completed':
      return happened([returned(true), { type: 'receivableOpened' }])
    case 'releasing':
    case 'released':
    case 'crediting':
    case 'compensated':
      return happened([returned(true)])
    case 'review':
      return progress.debit === undefined
        ? nothing('no money of this debit is here')
        : happened([returned(true), ...ifNothingWasCredited(progress)])
    default:
      return nothing('no money of this debit is here')
  }
}

const readChain = (
  transfer: Transfer,
  kind: Extract<Input, { type: 'chainFact' }>['kind'],
  status: 'included' | 'orphaned',
  place: ChainPlace,
): Reading => {
  const { state, progress } = transfer
  const moved = (known: ChainPlace | undefined) => known !== undefined && known.blockHash !== place.blockHash
  switch (kind) {
    case 'escrowLocked':
      if (status === 'orphaned') {
        if (progress.lock?.fact !== place.fact) return nothing('not waiting for it')
        // Where a release was wished the lock was final, and what was signed then may be mined with it again.
        if ((state === 'refunding' || state === 'refunded') && progress.wishes?.release === undefined)
          return readLockGone({ state, progress }, place)
        if (state !== 'locked' && state !== 'clearing') return nothing('not waiting for it')
        return happened([{ type: 'lockOrphaned', fact: place.fact }], changed('lockEscrow', 'IN_FLIGHT'))
      }
      if (state === 'locking') return happened(afterLock(progress, place), changed('lockEscrow', 'SUCCEEDED'))
      if ((state === 'locked' || state === 'clearing') && moved(progress.lock))
        return happened([{ type: 'lockOrphaned', fact: progress.lock!.fact }, ...afterLock(progress, place)])
      return nothing('the lock is known')
    case 'escrowReleased':
      if (status === 'orphaned')
        return state === 'released' && progress.release?.fact === place.fact
          ? happened(
              [{ type: 'releaseOrphaned', fact: place.fact }],
              changed('releaseEscrow', 'IN_FLIGHT', progress.attempts.release),
            )
          : nothing('not waiting for it')
      if (state === 'releasing')
        return happened([{ type: 'escrowReleased', ...place }], changed('releaseEscrow', 'SUCCEEDED', progress.attempts.release))
      if (state === 'released' && moved(progress.release))
        return happened([
          { type: 'releaseOrphaned', fact: progress.release!.fact },
          { type: 'escrowReleased', ...place },
        ])
      // Somebody's refund had won against our release for a while.
      if ((state === 'refunding' || state === 'refunded') && progress.wishes?.release !== undefined)
        return happened(
          [
            ...(state === 'refunded' ? [{ type: 'refundOrphaned', fact: progress.refund!.fact } as const] : []),
            { type: 'escrowReleased', ...place },
          ],
          changed('releaseEscrow', 'SUCCEEDED', progress.attempts.release),
          changed('refundEscrow', 'FAILED', progress.attempts.refund),
        )
      return nothing('the release is known')
    case 'escrowRefunded':
      if (status === 'orphaned') {
        if (state !== 'refunded' || progress.refund?.fact !== place.fact) return nothing('not waiting for it')
        const gone: TransferEvent = { type: 'refundOrphaned', fact: place.fact }
        // It was somebody else's, and he need not come back: from here on it is our wish.
        if (progress.wishes?.refund === undefined) return happened([gone, { type: 'refundRetried' }])
        return happened([gone], changed('refundEscrow', 'IN_FLIGHT', progress.attempts.refund))
      }
      if (state === 'refunding')
        return happened([{ type: 'escrowRefunded', ...place }], changed('refundEscrow', 'SUCCEEDED', progress.attempts.refund))
      // Anyone may refund an escrow whose soft deadline has passed: then the chain has decided.
      if (state === 'locked' || state === 'clearing') return happened([{ type: 'escrowRefunded', ...place }])
      // The news of the lock is still to come: two readers of the inbox may overtake each other.
      if (state === 'locking') return happened([{ type: 'escrowRefunded', ...place }], changed('lockEscrow', 'SUCCEEDED'))
      if (state === 'releasing')
        return happened([{ type: 'escrowRefunded', ...place }], changed('releaseEscrow', 'FAILED', progress.attempts.release))
      // One of the two is on the true chain, and news of one commit come in any order: the release has gone.
      if (state === 'released')
        return happened(
          [
            { type: 'releaseOrphaned', fact: progress.release!.fact },
            { type: 'escrowRefunded', ...place },
          ],
          changed('releaseEscrow', 'FAILED', progress.attempts.release),
        )
      if (state === 'refunded' && moved(progress.refund))
        return happened([
          { type: 'refundOrphaned', fact: progress.refund!.fact },
          { type: 'escrowRefunded', ...place },
        ])
      return nothing('the refund is known')
    case 'escrowClawedBack':
      return readClawback({ state, progress }, place)
    case 'deliveryReclaimed':
      // Completed, or in a person's hands since the debit came back.
      return readReclaim(transfer, place, state === 'completed' || state === 'review')
    case 'depositReceived':
      return nothing('an on-ramp has no deposit')
    case 'deliveryClaimed':
      return nothing('it was delivered when it was released')
    case 'escrowCommitted':
      return nothing('an on-ramp commits nothing')
    case 'escrowCredited':
      // The release or refund beside it stands: in law the tokens are the owner's, who can claim them for ever.
      return nothing('the token refused the payout, and its owner can claim it')
  }
}

/**
 * A reorg took the lock, and with it whatever refund there was of it: there is nothing to refund until the lock is back, and it need not come
 * back. Found by the protocol model: waiting for the refund here would be waiting for ever.
 */
const readLockGone = ({ state, progress }: Pick<Transfer, 'state' | 'progress'>, { fact }: ChainPlace): Reading =>
  happened(
    [
      ...(state === 'refunded' ? [{ type: 'refundOrphaned', fact: progress.refund!.fact } as const] : []),
      { type: 'lockOrphaned', fact },
    ],
    changed('lockEscrow', 'IN_FLIGHT'),
    changed('refundEscrow', 'FAILED', progress.attempts.refund),
  )

/** The stablecoins are gone, and the loss is ours and the issuer's to settle: the customer gets his money back. */
const readClawback = ({ state, progress }: Pick<Transfer, 'state' | 'progress'>, place: ChainPlace): Reading => {
  const gone: TransferEvent[] = [{ type: 'escrowClawedBack', ...place }, ...ifNothingToPayBack(progress)]
  switch (state) {
    case 'locking':
      return happened(gone, changed('lockEscrow', 'SUCCEEDED'))
    case 'locked':
    case 'clearing':
      return happened(gone)
    case 'releasing':
      return happened(gone, changed('releaseEscrow', 'FAILED', progress.attempts.release))
    case 'refunding':
      return happened(gone, changed('refundEscrow', 'FAILED', progress.attempts.refund))
    default:
      return nothing('there is nothing of it in escrow')
  }
}

const afterLock = (progress: Transfer['progress'], place: ChainPlace): TransferEvent[] => {
  const locked: TransferEvent = { type: 'escrowLocked', ...place }
  const reason = reasonToTurnBack(progress)
  return reason === undefined ? [locked] : [locked, { type: 'compensationStarted', reason }]
}

const readFinality = (transfer: Transfer, kind: WaitKind, fact: string, nowMs: number): Reading => {
  const { state, progress } = transfer
  switch (kind) {
    case 'lock':
      if (state !== 'locked' || progress.lock?.fact !== fact) return nothing('not waiting for it')
      return happened([{ type: 'lockFinalized' }, ...afterClearing(transfer, nowMs)])
    case 'release':
      if (state !== 'released' || progress.release?.fact !== fact) return nothing('not waiting for it')
      return happened([
        { type: 'releaseFinalized' },
        ...(progress.debit?.returned === undefined ? [] : [{ type: 'receivableOpened' } as const]),
      ])
    case 'refund':
      if (state !== 'refunded' || progress.refund?.fact !== fact) return nothing('not waiting for it')
      return happened([{ type: 'refundFinalized' }, ...ifNothingToPayBack(progress)])
    default:
      return nothing('an on-ramp waits for no such thing')
  }
}

const readDeadline = (transfer: Transfer, kind: Extract<Input, { type: 'deadlineReached' }>['kind'], nowMs: number): Reading => {
  const { state, progress } = transfer
  switch (kind) {
    case 'clearing': {
      if (state !== 'clearing') return nothing('not clearing')
      // The timer is due by the database's own clock, which ours follows at some distance: a timer that was ignored would never come again.
      const finalAtMs = Date.parse(progress.debit!.finalAt!)
      return happened(afterClearing(transfer, Math.max(nowMs, finalAtMs)))
    }
    case 'retryRelease':
    case 'retryRefund':
      return readHoldRetry(transfer, kind)
    default:
      return nothing('an on-ramp has no such deadline')
  }
}

/** The last decision before the pivot: release, turn back, or wait for the fiat to be final. */
const afterClearing = ({ progress }: Transfer, nowMs: number): TransferEvent[] => {
  const reason = reasonToTurnBack(progress)
  if (reason !== undefined) return [{ type: 'compensationStarted', reason }]
  if (nowMs + releaseMarginMs >= (progress.debit?.refundAfter ?? 0) * 1000)
    return [{ type: 'compensationStarted', reason: 'deadline_passed' }]
  const finalAt = progress.debit?.finalAt
  return finalAt !== undefined && Date.parse(finalAt) <= nowMs ? [{ type: 'clearingPassed' }] : []
}

const readCancel = ({ state, progress }: Transfer, reason: string): Reading => {
  if (progress.cancelReason !== undefined) return nothing('asked before')
  switch (state) {
    case 'requested':
      return happened([{ type: 'transferCanceled', reason }], changed('screen', 'FAILED'))
    case 'debiting':
    case 'locking':
      // The bank or the chain is still to answer: what it says decides how to turn back.
      return happened([{ type: 'cancelRequested', reason }])
    case 'locked':
    case 'clearing':
      return happened([
        { type: 'cancelRequested', reason },
        { type: 'compensationStarted', reason },
      ])
    default:
      return { refusal: 'transfer_not_cancelable', detail: state }
  }
}

const reasonToTurnBack = ({ cancelReason, debit }: Transfer['progress']): string | undefined =>
  debit?.returned !== undefined ? 'debit_returned' : cancelReason
