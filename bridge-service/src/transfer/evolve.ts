import { BridgeError, unreachable } from '../errors.ts'
import type { TransferEvent } from './event.ts'
import { targetOf } from './state.ts'
import type { Progress, Transfer, Unborn } from './transfer.ts'

/** The transfer after an event. Throws `transition_illegal` for one that its state does not allow: that is a bug, not a refusal. */
export const evolve = (transfer: Transfer | Unborn, event: TransferEvent): Transfer => {
  const state = targetOf(transfer.state, event.type)
  if (state === undefined)
    throw new BridgeError('transition_illegal', { transfer: transfer.id, state: transfer.state, event: event.type })
  return { ...transfer, state, version: transfer.version + 1, progress: progressAfter(transfer.progress, event) }
}

const progressAfter = (progress: Progress, event: TransferEvent): Progress => {
  switch (event.type) {
    case 'transferRequested':
    case 'screeningPassed':
    case 'liquidityReserved':
    case 'mintPlanned':
    case 'debitUnknown':
    case 'creditUnknown':
    case 'refundFinalized':
    case 'transferCompensated':
    case 'receivableOpened':
      return progress
    case 'releaseFinalized':
      // A release that was refused on the way is no failure of a transfer that arrived.
      return progress.debit?.returned ? progress : omit(progress, 'failure')
    case 'screeningRefused':
    case 'liquidityRefused':
    case 'debitRefused':
    case 'lockRefused':
    case 'creditRefused':
      return { ...progress, failure: { code: event.code, detail: event.detail } }
    case 'releaseRefused':
      return { ...wishing(progress, 'release', 'refused'), failure: { code: event.code, detail: event.detail } }
    case 'refundRefused':
      return { ...wishing(progress, 'refund', 'refused'), failure: { code: event.code, detail: event.detail } }
    case 'debitSubmitted':
      return { ...progress, debit: { ...progress.debit, bankTransferId: event.bankTransferId } }
    case 'debitSettled': {
      const { type: _type, ...debit } = event
      return { ...progress, debit }
    }
    case 'debitReturned':
      return {
        ...progress,
        debit: { ...progress.debit, returned: event.afterPivot ? 'afterPivot' : 'beforePivot' },
        failure: { code: 'debit_returned', detail: event.rawCode ?? 'no code given' },
      }
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
      return wishing(progress, 'release', 'open')
    case 'releaseOrphaned':
      return wishing(omit(progress, 'release'), 'release', 'open')
    case 'releaseRetried':
      return wishing(
        { ...progress, attempts: { ...progress.attempts, release: progress.attempts.release + 1 } },
        'release',
        'open',
      )
    case 'refundRetried':
      return wishing({ ...progress, attempts: { ...progress.attempts, refund: progress.attempts.refund + 1 } }, 'refund', 'open')
    case 'cancelRequested':
    case 'transferCanceled':
      return { ...progress, cancelReason: event.reason }
    case 'compensationStarted':
      return { ...wishing(progress, 'refund', 'open'), failure: progress.failure ?? { code: 'canceled', detail: event.reason } }
    case 'escrowRefunded':
      return { ...progress, refund: placeOf(event) }
    case 'escrowClawedBack':
      return { ...progress, failure: { code: 'escrow_clawed_back', detail: event.txHash } }
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
        credit: { ...progress.credit, returned: true },
        failure: { code: 'credit_returned', detail: event.rawCode ?? 'no code given' },
      }
    default:
      return unreachable(event)
  }
}

const placeOf = ({ fact, txHash, blockNumber, blockHash }: NonNullable<Progress['lock']>) => ({
  fact,
  txHash,
  blockNumber,
  blockHash,
})

const wishing = (progress: Progress, step: 'release' | 'refund', wish: 'open' | 'refused'): Progress => ({
  ...progress,
  wishes: { ...progress.wishes, [step]: wish },
})

/** The next wish for a refund is another one: this one is over, though its transaction may still be mined. */
const withoutRefund = (progress: Progress): Progress => {
  if (progress.wishes?.refund === undefined) return progress
  const { refund: _over, ...wishes } = progress.wishes
  return { ...progress, wishes, attempts: { ...progress.attempts, refund: progress.attempts.refund + 1 } }
}

const omit = (progress: Progress, key: 'lock' | 'lockBooked' | 'release' | 'refund' | 'failure'): Progress => {
  const { [key]: _gone, ...rest } = progress
  return rest
}
