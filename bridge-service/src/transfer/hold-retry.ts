import type { Reading } from './decision.ts'
import { happened, nothing } from './reading.ts'
import type { Transfer } from './transfer.ts'

/** What the chain refused to do with the treasury's escrow is wished again, unless it has been meanwhile, or has happened. */
export const readHoldRetry = ({ state, progress: { wishes } }: Transfer, kind: 'retryRelease' | 'retryRefund'): Reading => {
  if (kind === 'retryRelease')
    return state === 'releasing' && wishes?.release === 'refused'
      ? happened([{ type: 'releaseRetried' }])
      : nothing('released by now, or wished again')
  return state === 'refunding' && wishes?.refund === 'refused'
    ? happened([{ type: 'refundRetried' }])
    : nothing('refunded by now, or wished again')
}
