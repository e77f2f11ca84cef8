import type { IntentChange } from './decision.ts'
import type { TransferEvent } from './event.ts'
import { changed } from './reading.ts'
import type { Progress, Transfer, Unborn } from './transfer.ts'

/** What pays fiat out, and must not once there is no reason for it any more. */
export type Payment = 'credit' | 'payout'

/** Refused with this code is what was withdrawn before the bank had got it. */
export const withdrawnCode = 'withdrawn'

const stepOf = { credit: 'creditFiat', payout: 'payoutFiat' } as const

/** A payment that is wished for when an event takes the reason for it away. The bank may have it: then it says what becomes of it. */
export const withdrawnBy = (
  { state, progress }: Pick<Transfer | Unborn, 'state' | 'progress'>,
  event: TransferEvent,
): Payment | undefined => {
  switch (event.type) {
    case 'debitReturned':
      // What he paid is his again.
      if (state === 'crediting') return 'credit'
      return state === 'payingOut' || (state === 'review' && progress.committed && isOpen(progress.payout)) ? 'payout' : undefined
    case 'payoutSettled':
    case 'payoutReturnReversed':
      // He has been served after all.
      return state === 'crediting' ? 'credit' : undefined
    case 'depositClawedBack':
      // What he would be paid for is its issuer's.
      return state === 'payingOut' ? 'payout' : undefined
    default:
      return undefined
  }
}

/** A payment that was withdrawn when an event brings the reason for it back: the same order under the same key, as if nothing had been. */
export const reinstatedBy = (
  { state, progress }: Pick<Transfer | Unborn, 'state' | 'progress'>,
  event: TransferEvent,
): Payment | undefined => {
  if (event.type === 'creditOwed' && progress.credit !== undefined) return 'credit'
  if (event.type === 'debitReturnReversed' && state === 'payingOut' && progress.payout?.withdrawn) return 'payout'
  return undefined
}

export const withdrawals = (before: Transfer | Unborn, event: TransferEvent): IntentChange[] => {
  const withdrawn = withdrawnBy(before, event)
  const reinstated = reinstatedBy(before, event)
  return [
    ...(withdrawn === undefined ? [] : [changed(stepOf[withdrawn], 'WITHDRAWN')]),
    ...(reinstated === undefined ? [] : [changed(stepOf[reinstated], 'REINSTATED')]),
  ]
}

/** The answer to a withdrawal that has been taken back since. */
export const isStale = (code: string, payment: Progress['credit'] | Progress['payout']): boolean =>
  code === withdrawnCode && !payment?.withdrawn

const isOpen = (payment: Progress['payout']) => !payment?.settled && !payment?.refused && !payment?.returned
