import type { Transitions } from '../state.ts'
import { wayIn } from '../way-in.ts'

/**
 * From RELEASING on (the pivot) it only goes forward, unless the chain itself says that the money went back.
 */
export const onrampTransitions = {
  ...wayIn,
  clearing: {
    clearingPassed: 'releasing',
    lockOrphaned: 'locking',
    cancelRequested: 'clearing',
    compensationStarted: 'refunding',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'crediting',
    debitReturned: 'clearing',
    debitReturnReversed: 'clearing',
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
    debitReturnedAgain: 'releasing',
    debitReturnReversed: 'releasing',
  },
  released: {
    releaseOrphaned: 'releasing',
    releaseFinalized: 'completed',
    debitReturned: 'released',
    debitReturnedAgain: 'released',
    debitReturnReversed: 'released',
  },
  completed: {
    debitReturned: 'completed',
    receivableOpened: 'review',
    deliveryReclaimed: 'review',
    debitReturnReversed: 'completed',
  },
  refunding: {
    escrowRefunded: 'refunded',
    refundRefused: 'refunding',
    refundRetried: 'refunding',
    lockOrphaned: 'locking',
    debitReturned: 'refunding',
    escrowReleased: 'released',
    escrowClawedBack: 'crediting',
    debitReturnedAgain: 'refunding',
    debitReturnReversed: 'refunding',
  },
  refunded: {
    refundOrphaned: 'refunding',
    refundFinalized: 'crediting',
    debitReturned: 'refunded',
    debitReturnedAgain: 'refunded',
    debitReturnReversed: 'refunded',
  },
  crediting: {
    creditSubmitted: 'crediting',
    creditUnknown: 'crediting',
    creditSettled: 'crediting',
    creditRefused: 'review',
    debitReturned: 'review',
    creditReturned: 'review',
    transferCompensated: 'compensated',
    debitReturnReversed: 'crediting',
  },
  // A credit that was held for withdrawn or refused is paid all the same: the customer has been paid twice.
  compensated: {
    creditSettled: 'review',
    creditReturned: 'review',
    creditReturnReversed: 'compensated',
    debitReturned: 'review',
    debitReturnedAgain: 'compensated',
    debitReturnReversed: 'compensated',
    creditOwed: 'crediting',
  },
  canceled: {},
  // A bank that settles what it refused: the money is here after all, and a person must look.
  failed: { debitSettled: 'review', debitReturned: 'failed', debitReturnedAgain: 'failed' },
  // A person has it, and the bank goes on all the same: what moves there is booked here.
  review: {
    debitReturned: 'review',
    creditSettled: 'review',
    creditRefused: 'review',
    creditReturned: 'review',
    creditReturnedAgain: 'review',
    creditReturnReversed: 'review',
    deliveryReclaimed: 'review',
    debitReturnedAgain: 'review',
    debitReturnReversed: 'review',
    receivableClosed: 'completed',
    transferCompensated: 'compensated',
    creditOwed: 'crediting',
  },
} as const satisfies Transitions
