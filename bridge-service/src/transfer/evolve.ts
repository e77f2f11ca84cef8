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
    case 'debitUnknown':
    case 'creditUnknown':
    case 'clearingPassed':
    case 'releaseFinalized':
    case 'refundFinalized':
    case 'transferCompensated':
    case 'receivableOpened':
      return progress
    case 'screeningRefused':
    case 'liquidityRefused':
    case 'debitRefused':
    case 'lockRefused':
    case 'releaseRefused':
    case 'refundRefused':
    case 'creditRefused':
      return { ...progress, failure: { code: event.code, detail: event.detail } }
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
      return omit(omit(progress, 'lock'), 'lockBooked')
    case 'lockFinalized':
      return { ...progress, lockBooked: true }
    case 'escrowReleased':
      return { ...progress, release: placeOf(event) }
    case 'releaseOrphaned':
      return omit(progress, 'release')
    case 'releaseRetried':
      return { ...progress, attempts: { ...progress.attempts, release: progress.attempts.release + 1 } }
    case 'refundRetried':
      return { ...progress, attempts: { ...progress.attempts, refund: progress.attempts.refund + 1 } }
    case 'cancelRequested':
    case 'transferCanceled':
      return { ...progress, cancelReason: event.reason }
    case 'compensationStarted':
      return { ...progress, failure: progress.failure ?? { code: 'canceled', detail: event.reason } }
    case 'escrowRefunded':
      return { ...progress, refund: placeOf(event) }
    case 'refundOrphaned':
      return omit(progress, 'refund')
    case 'creditSubmitted':
      return { ...progress, credit: { ...progress.credit, bankTransferId: event.bankTransferId } }
    case 'creditSettled':
      return { ...progress, credit: { bankTransferId: event.bankTransferId, settled: true } }
    case 'creditReturned':
      return { ...progress, failure: { code: 'credit_returned', detail: event.rawCode ?? 'no code given' } }
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

const omit = (progress: Progress, key: 'lock' | 'lockBooked' | 'release' | 'refund'): Progress => {
  const { [key]: _gone, ...rest } = progress
  return rest
}
