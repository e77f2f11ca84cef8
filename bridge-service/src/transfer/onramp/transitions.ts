import type { Transitions } from '../state.ts'

/**
 * From RELEASING on (the pivot) it only goes forward, unless the chain itself says that the money went back.
 */
export const onrampTransitions = {
  none: { transferRequested: 'requested' },
  requested: { screeningPassed: 'screened', screeningRefused: 'failed', transferCanceled: 'canceled' },
  screened: { liquidityReserved: 'debiting', liquidityRefused: 'failed', mintPlanned: 'debiting' },
  debiting: {
    debitSubmitted: 'debiting',
    debitUnknown: 'debiting',
    debitRefused: 'failed',
    debitSettled: 'locking',
    cancelRequested: 'debiting',
  },
  locking: {
    escrowLocked: 'locked',
    lockRefused: 'crediting',
    cancelRequested: 'locking',
    compensationStarted: 'crediting',
    debitReturned: 'locking',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'crediting',
  },
  locked: {
    lockOrphaned: 'locking',
    lockFinalized: 'clearing',
    cancelRequested: 'locked',
    compensationStarted: 'refunding',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'crediting',
    debitReturned: 'locked',
  },
  clearing: {
    clearingPassed: 'releasing',
    lockOrphaned: 'locking',
    cancelRequested: 'clearing',
    compensationStarted: 'refunding',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'crediting',
    debitReturned: 'clearing',
  },
  releasing: {
    escrowReleased: 'released',
    releaseRefused: 'releasing',
    releaseRetried: 'releasing',
    // A person gives up a release that the chain refuses.
    compensationStarted: 'refunding',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'crediting',
    debitReturned: 'releasing',
  },
  released: { releaseOrphaned: 'releasing', releaseFinalized: 'completed', debitReturned: 'released' },
  completed: { debitReturned: 'completed', receivableOpened: 'review', deliveryReclaimed: 'review' },
  refunding: {
    escrowRefunded: 'refunded',
    refundRefused: 'refunding',
    refundRetried: 'refunding',
    debitReturned: 'refunding',
    escrowReleased: 'released',
    escrowClawedBack: 'crediting',
  },
  refunded: { refundOrphaned: 'refunding', refundFinalized: 'crediting', debitReturned: 'refunded' },
  crediting: {
    creditSubmitted: 'crediting',
    creditUnknown: 'crediting',
    creditSettled: 'crediting',
    creditRefused: 'review',
    debitReturned: 'review',
    creditReturned: 'review',
    transferCompensated: 'compensated',
  },
  compensated: { creditReturned: 'review', debitReturned: 'review' },
  canceled: {},
  // A bank that settles what it refused: the money is here after all, and a person must look.
  failed: { debitSettled: 'review' },
  // A person has it, and the bank goes on all the same: what moves there is booked here.
  review: {
    debitReturned: 'review',
    creditSettled: 'review',
    creditRefused: 'review',
    creditReturned: 'review',
    deliveryReclaimed: 'review',
  },
} as const satisfies Transitions
