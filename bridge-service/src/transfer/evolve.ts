import { BridgeError, unreachable } from '../errors.ts'
import type { TransferEvent } from './event.ts'
import { attentionAfter } from './patience.ts'
import { type State, targetOf } from './state.ts'
import type { Progress, RetriedStep, Transfer, Unborn } from './transfer.ts'
import { reinstatedBy, withdrawnBy, withdrawnCode } from './withdrawal.ts'

/** The transfer after an event. Throws `transition_illegal` for one that its state does not allow: that is a bug, not a refusal. */
export const evolve = (transfer: Transfer | Unborn, event: TransferEvent): Transfer => {
  const state = targetOf(transfer.route, transfer.state, event.type)
  if (state === undefined)
    throw new BridgeError('transition_illegal', { transfer: transfer.id, state: transfer.state, event: event.type })
  const progress = paying(transfer, event, progressAfter(transfer.progress, event, state))
  return {
    ...transfer,
    state,
    version: transfer.version + 1,
    progress:
      state === transfer.state ? progress : arrived(withAttention(progress, attentionAfter(progress, state)), event, state),
  }
}

// What a state is there for is wished for when it is first entered.
const wishOf: { readonly [S in State]?: RetriedStep } = {
  committing: 'commit',
  releasing: 'release',
  collecting: 'depositRelease',
  refundingDeposit: 'depositRefund',
}

// What goes back to where it was has a wish of its own, or none.
const isSetback = ({ type }: TransferEvent) => type === 'commitOrphaned' || type === 'depositRefundOrphaned'

const arrived = (progress: Progress, event: TransferEvent, state: State): Progress =>
  isSetback(event) ? progress : entering(progress, state)

const entering = (progress: Progress, state: State): Progress => {
  if (state === 'crediting') return { ...progress, credit: progress.credit ?? {} }
  const step = wishOf[state]
  if (step === undefined || progress.wishes?.[step] !== undefined) return progress
  // Somebody else's refund leaves us without a wish of our own.
  return step === 'depositRefund' && progress.deposit?.refund ? progress : wishing(progress, step, 'open')
}

const withAttention = (progress: Progress, attention: Progress['attention']): Progress =>
  progress.attention === attention ? progress : omit(progress, 'attention')

/** What must not be paid any more, or may be again. */
const paying = (before: Transfer | Unborn, event: TransferEvent, progress: Progress): Progress => {
  const withdrawn = withdrawnBy(before, event)
  if (withdrawn !== undefined) return { ...progress, [withdrawn]: { ...progress[withdrawn], withdrawn: true } }
  const reinstated = reinstatedBy(before, event)
  // Nothing that was heard of it counts: it is asked about anew.
  return reinstated === undefined ? progress : { ...progress, [reinstated]: {} }
}

const progressAfter = (progress: Progress, event: TransferEvent, state: State): Progress => {
  switch (event.type) {
    case 'transferRequested':
    case 'screeningPassed':
    case 'liquidityReserved':
    case 'mintPlanned':
    case 'debitUnknown':
    case 'creditUnknown':
    case 'transferFailed':
    case 'creditOwed':
    case 'payoutUnknown':
      return progress
    case 'receivableOpened':
      // Where what was paid out came back, nobody owes anything for it.
      return progress.deposit && progress.payout?.settled && !progress.payout.returned
        ? { ...progress, payout: { ...progress.payout, owed: true } }
        : progress
    case 'transferCompleted':
      // What was refused on the way is no failure of a transfer that arrived.
      return omit(progress, 'failure')
    case 'transferCompensated': {
      const { settled, refused, returned } = progress.credit ?? {}
      // It has only passed by: with the debit back there was nothing to credit, and no wish.
      return settled || refused || returned ? progress : omit(progress, 'credit')
    }
    case 'releaseFinalized': {
      const ended: Progress = { ...progress, holdEnded: true }
      // What was refused on the way is no failure of a transfer that arrived.
      return state !== 'completed' || progress.debit?.returned || progress.payout?.returned ? ended : omit(ended, 'failure')
    }
    case 'refundFinalized':
      return { ...progress, holdEnded: true }
    case 'screeningRefused':
    case 'liquidityRefused':
    case 'lockRefused':
      return { ...progress, failure: { code: event.code, detail: event.detail } }
    case 'debitRefused': {
      const { code, detail, returnedAt } = event
      return { ...progress, ...(returnedAt && { debit: { ...progress.debit, returnedAt } }), failure: { code, detail } }
    }
    case 'creditRefused':
      return { ...progress, credit: { ...progress.credit, refused: true }, failure: failureAfter(progress, event) }
    case 'releaseRefused':
      return refusedWish(progress, 'release', event)
    case 'refundRefused':
      return refusedWish(progress, 'refund', event)
    case 'debitSubmitted':
      return { ...progress, debit: { ...progress.debit, bankTransferId: event.bankTransferId } }
    case 'debitSettled': {
      const { type: _type, ...debit } = event
      return { ...progress, debit }
    }
    case 'debitReturned':
      return {
        ...progress,
        debit: {
          ...progress.debit,
          returned: event.afterPivot ? 'afterPivot' : 'beforePivot',
          ...(event.at === undefined ? {} : { returnedAt: event.at }),
        },
        failure: { code: 'debit_returned', detail: event.rawCode ?? 'no code given' },
      }
    case 'debitReturnedAgain':
      return { ...progress, debit: { ...progress.debit, returnedAt: event.at } }
    case 'debitReturnReversed':
      return { ...progress, debit: { ...omit(omit(progress.debit ?? {}, 'returned'), 'returnedAt'), reversedAt: event.at } }
    case 'receivableClosed':
      return omit(progress, 'failure')
    case 'escrowLocked':
      return { ...progress, lock: placeOf(event) }
    case 'lockOrphaned':
      return withoutRefund(omit(omit(progress, 'lock'), 'lockBooked'))
    case 'lockFinalized':
      return { ...progress, lockBooked: true }
    case 'escrowReleased':
      return {
        ...progress,
        release: placeOf(event),
        ...(progress.debit?.returned ? { debit: { ...progress.debit, returned: 'afterPivot' } } : {}),
      }
    case 'clearingPassed':
      return wishing(progress, state === 'committing' ? 'commit' : 'release', 'open')
    case 'releaseOrphaned':
      return wishing(omit(progress, 'release'), 'release', 'open')
    case 'releaseRetried':
      return again(progress, 'release')
    case 'refundRetried':
      return again(progress, 'refund')
    case 'cancelRequested':
    case 'transferCanceled':
      return { ...progress, cancelReason: event.reason }
    case 'compensationStarted':
      return {
        ...(state === 'refundingDeposit' ? progress : wishing(progress, 'refund', 'open')),
        failure: progress.failure ?? { code: 'canceled', detail: event.reason },
      }
    case 'escrowRefunded':
      return { ...progress, refund: placeOf(event) }
    case 'escrowClawedBack':
      return { ...progress, failure: { code: 'escrow_clawed_back', detail: event.txHash }, holdEnded: true }
    case 'deliveryReclaimed':
      return { ...progress, failure: { code: 'delivery_reclaimed', detail: event.txHash }, deliveryReclaimed: true }
    case 'refundOrphaned':
      // Somebody else's refund leaves us without a wish of our own.
      return progress.wishes?.refund ? wishing(omit(progress, 'refund'), 'refund', 'open') : omit(progress, 'refund')
    case 'creditSubmitted':
      return { ...progress, credit: { ...progress.credit, bankTransferId: event.bankTransferId } }
    case 'creditSettled':
      return { ...progress, credit: { bankTransferId: event.bankTransferId, settled: true } }
    case 'creditReturned':
      return {
        ...progress,
        credit: {
          ...progress.credit,
          returned: true,
          ...(event.at === undefined ? {} : { returnedAt: event.at }),
          ...(progress.failure && { reason: progress.failure }),
        },
        failure: { code: 'credit_returned', detail: event.rawCode ?? 'no code given' },
      }
    case 'creditReturnedAgain':
      return { ...progress, credit: { ...progress.credit, returnedAt: event.at } }
    case 'creditReturnReversed': {
      const { returned, reason } = progress.credit ?? {}
      const credit = { bankTransferId: event.bankTransferId, settled: true, reversedAt: event.at } as const
      return { ...progress, credit, ...(returned && reason && { failure: reason }) }
    }
    case 'depositLocked':
      return { ...progress, deposit: { ...progress.deposit, lock: placeOf(event) } }
    case 'depositOrphaned':
      return { ...progress, deposit: omit(omit(progress.deposit ?? {}, 'lock'), 'booked') }
    case 'depositFinalized':
      return { ...progress, deposit: { ...progress.deposit, booked: true } }
    case 'depositExpired':
      return { ...progress, failure: progress.failure ?? { code: 'deposit_expired', detail: 'nothing came in time' } }
    case 'depositClawedBack':
      return {
        ...progress,
        deposit: { ...progress.deposit, clawedBack: true },
        failure: { code: 'escrow_clawed_back', detail: event.txHash },
      }
    case 'commitSkipped':
      return { ...progress, committed: true }
    case 'escrowCommitted':
      return { ...progress, commit: placeOf(event) }
    case 'commitOrphaned': {
      const gone = omit(omit(progress, 'commit'), 'committed')
      return progress.wishes?.commit ? wishing(gone, 'commit', 'open') : gone
    }
    case 'commitFinalized': {
      const { refundAfter, hardDeadline } = event
      return {
        ...progress,
        committed: true,
        ...(refundAfter === undefined || hardDeadline === undefined ? {} : { holdDeadlines: { refundAfter, hardDeadline } }),
      }
    }
    case 'commitRefused':
      return refusedWish(progress, 'commit', event)
    case 'commitRetried':
      return again(progress, 'commit')
    case 'payoutSubmitted':
      return { ...progress, payout: { ...progress.payout, bankTransferId: event.bankTransferId } }
    case 'payoutSettled':
      return { ...progress, payout: { ...progress.payout, bankTransferId: event.bankTransferId, settled: true } }
    case 'payoutRefused':
      return {
        ...progress,
        payout: { ...progress.payout, refused: true },
        failure: failureAfter(progress, event),
      }
    case 'payoutReturned':
      return {
        ...progress,
        payout: { ...progress.payout, returned: true, ...(event.at === undefined ? {} : { returnedAt: event.at }) },
        failure: { code: 'payout_returned', detail: event.rawCode ?? 'no code given' },
      }
    case 'payoutReturnedAgain':
      return { ...progress, payout: { ...progress.payout, returnedAt: event.at } }
    case 'payoutReturnReversed': {
      const { bankTransferId, at } = event
      const payout = omit(omit(progress.payout ?? {}, 'returned'), 'returnedAt')
      return { ...progress, payout: { ...payout, bankTransferId, settled: true, reversedAt: at } }
    }
    case 'moneyArrived':
      return { ...progress, arrived: true }
    case 'arrivalReversed':
      return omit(progress, 'arrived')
    case 'reviewOpened':
      return { ...progress, failure: { code: 'given_up', detail: event.reason } }
    case 'depositReleased':
      return { ...progress, deposit: { ...progress.deposit, release: placeOf(event) } }
    case 'depositReleaseOrphaned':
      return wishing({ ...progress, deposit: omit(progress.deposit ?? {}, 'release') }, 'depositRelease', 'open')
    case 'depositReleaseFinalized':
      // What was refused on the way is no failure of a transfer that arrived.
      return progress.payout?.returned ? progress : omit(progress, 'failure')
    case 'depositReleaseRefused':
      return refusedWish(progress, 'depositRelease', event)
    case 'depositReleaseRetried':
      return again(progress, 'depositRelease')
    case 'depositRefunded':
      return { ...progress, deposit: { ...progress.deposit, refund: placeOf(event) } }
    case 'depositRefundOrphaned': {
      const gone = { ...progress, deposit: omit(progress.deposit ?? {}, 'refund') }
      return progress.wishes?.depositRefund ? wishing(gone, 'depositRefund', 'open') : gone
    }
    case 'depositRefundFinalized':
      return {
        ...progress,
        deposit: { ...progress.deposit, refunded: true },
        failure: progress.failure ?? { code: 'deposit_refunded', detail: progress.deposit?.refund?.txHash ?? 'on the chain' },
      }
    case 'depositRefundRefused':
      return refusedWish(progress, 'depositRefund', event)
    case 'depositRefundRetried':
      return again(progress, 'depositRefund')
    case 'refundPaid':
      return { ...progress, refunds: [...(progress.refunds ?? []), event.refundId] }
    case 'refundReturned':
      return { ...progress, refundsReturned: [...(progress.refundsReturned ?? []), event.refundId] }
    case 'transferResolved': {
      const { outcome, evidence, document } = event
      return { ...progress, resolution: { outcome, evidence, document } }
    }
    case 'attentionRequired':
      return { ...progress, attention: { why: event.why, since: event.since } }
    case 'debitCalledBack':
      return { ...progress, debit: { ...progress.debit, calledBack: true } }
    default:
      return unreachable(event)
  }
}

/** What was withdrawn failed for the reason that it was withdrawn for. */
const failureAfter = (
  { failure }: Progress,
  { code, detail }: { code: string; detail: string },
): NonNullable<Progress['failure']> => (code === withdrawnCode && failure !== undefined ? failure : { code, detail })

const placeOf = ({ fact, txHash, blockNumber, blockHash }: NonNullable<Progress['lock']>) => ({
  fact,
  txHash,
  blockNumber,
  blockHash,
})

const wishing = (progress: Progress, step: RetriedStep, wish: 'open' | 'refused'): Progress => ({
  ...progress,
  wishes: { ...progress.wishes, [step]: wish },
})

/** The next wish for a refund is another one: this one is over, though its transaction may still be mined. */
const withoutRefund = (progress: Progress): Progress => {
  if (progress.wishes?.refund === undefined) return progress
  const { refund: _over, ...wishes } = progress.wishes
  return { ...progress, wishes, attempts: { ...progress.attempts, refund: progress.attempts.refund + 1 } }
}

const refusedWish = (progress: Progress, step: RetriedStep, { code, detail }: { code: string; detail: string }): Progress => ({
  ...wishing(progress, step, 'refused'),
  failure: { code, detail },
})

const again = (progress: Progress, step: RetriedStep): Progress =>
  wishing({ ...progress, attempts: { ...progress.attempts, [step]: (progress.attempts[step] ?? 0) + 1 } }, step, 'open')

const omit = <T extends object, K extends keyof T>(from: T, key: K): Omit<T, K> => {
  const { [key]: _gone, ...rest } = from
  return rest
}
