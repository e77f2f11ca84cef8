import { depositTransitions, early, underWay } from '../deposit/transitions.ts'
import type { Transitions } from '../state.ts'

const { ended, ...deposit } = depositTransitions
// A deposit that goes back turns a transfer that is locked back with it.
const { depositRefundOrphaned: _, depositRefundFinalized: __, ...staysLocked } = underWay('locked')

/**
 * RELEASING is the pivot: from there on the customer gets what he bought on the other chain, and his deposit is ours, unless that chain
 * itself says that the treasury's escrow went back.
 */
export const crosschainTransitions = {
  ...deposit,
  none: { transferRequested: 'requested' },
  requested: { ...early, screeningPassed: 'screened', screeningRefused: 'failed', transferCanceled: 'canceled' },
  screened: { liquidityReserved: 'awaitingDeposit', mintPlanned: 'awaitingDeposit', liquidityRefused: 'failed' },
  committed: { ...deposit.committed, commitFinalized: 'locking' },
  locking: {
    ...underWay('locking'),
    escrowLocked: 'locked',
    lockRefused: 'refundingDeposit',
    cancelRequested: 'locking',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'refundingDeposit',
  },
  locked: {
    ...staysLocked,
    lockOrphaned: 'locking',
    lockFinalized: 'releasing',
    cancelRequested: 'locked',
    compensationStarted: 'refunding',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'refundingDeposit',
  },
  releasing: {
    ...underWay('releasing'),
    escrowReleased: 'released',
    releaseRefused: 'releasing',
    releaseRetried: 'releasing',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'refundingDeposit',
  },
  released: { ...underWay('released'), releaseOrphaned: 'releasing', releaseFinalized: 'collecting' },
  refunding: {
    ...underWay('refunding'),
    escrowRefunded: 'refunded',
    refundRefused: 'refunding',
    refundRetried: 'refunding',
    lockOrphaned: 'locking',
    escrowReleased: 'released',
    escrowClawedBack: 'refundingDeposit',
  },
  refunded: { ...underWay('refunded'), refundOrphaned: 'refunding', refundFinalized: 'refundingDeposit' },
  completed: { deliveryReclaimed: 'review' },
  compensated: {},
  canceled: { ...ended, depositClawedBack: 'canceled' },
  failed: { ...ended, depositClawedBack: 'failed' },
  // A person has it, and the other chain goes on all the same.
  review: { deliveryReclaimed: 'review' },
} as const satisfies Transitions
