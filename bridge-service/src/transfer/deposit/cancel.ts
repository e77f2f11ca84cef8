import type { Reading } from '../decision.ts'
import { changed, happened, nothing } from '../reading.ts'
import { type Depositing, turnBack, whatCameEarly } from './depositing.ts'

/** Somebody wants it undone: possible until what is promised for the deposit gets under way. */
export const readDepositCancel = ({ state, progress }: Depositing, reason: string): Reading => {
  if (progress.cancelReason !== undefined) return nothing('asked before')
  switch (state) {
    case 'requested':
      return happened([{ type: 'transferCanceled', reason }, ...whatCameEarly(progress, false)], changed('screen', 'FAILED'))
    case 'awaitingDeposit':
      return happened([{ type: 'transferCanceled', reason }])
    case 'committing':
      // The chain is still to answer, unless it has refused.
      if (progress.wishes?.commit === 'open') return happened([{ type: 'cancelRequested', reason }])
      return happened([{ type: 'cancelRequested', reason }, ...turnBack(progress, reason)])
    case 'deposited':
    case 'committed':
      return happened([{ type: 'cancelRequested', reason }, ...turnBack(progress, reason)])
    default:
      return { refusal: 'transfer_not_cancelable', detail: state }
  }
}
