import type { Transitions } from '../state.ts'

/**
 * Our own money, from our account at one bank to our account at another. Nobody but the two banks decides how it ends, and each can take back
 * what it has said: no end is beyond their words, and wherever they cease to agree the money is in transit again.
 */
export const rebalanceTransitions = {
  none: { transferRequested: 'requested' },
  requested: { screeningPassed: 'screened', screeningRefused: 'failed', transferCanceled: 'canceled' },
  screened: { liquidityReserved: 'payingOut', liquidityRefused: 'failed' },
  payingOut: {
    payoutSubmitted: 'payingOut',
    payoutUnknown: 'payingOut',
    payoutRefused: 'failed',
    payoutSettled: 'inTransit',
    payoutReturned: 'inTransit',
    payoutReturnReversed: 'inTransit',
    moneyArrived: 'inTransit',
  },
  inTransit: {
    // The bank that gets it was quicker to say so than the one that sends it.
    payoutSubmitted: 'inTransit',
    payoutUnknown: 'inTransit',
    payoutRefused: 'inTransit',
    payoutSettled: 'inTransit',
    payoutReturned: 'inTransit',
    payoutReturnReversed: 'inTransit',
    moneyArrived: 'inTransit',
    arrivalReversed: 'inTransit',
    transferCompleted: 'completed',
    transferCompensated: 'compensated',
    reviewOpened: 'review',
  },
  completed: { payoutReturned: 'inTransit', payoutReturnReversed: 'inTransit', arrivalReversed: 'inTransit' },
  // A bank that settles what it refused, or takes back what it gave back.
  compensated: {
    payoutSettled: 'inTransit',
    payoutReturned: 'inTransit',
    payoutReturnReversed: 'inTransit',
    moneyArrived: 'inTransit',
  },
  canceled: {},
  failed: { payoutSettled: 'inTransit', payoutReturnReversed: 'inTransit', moneyArrived: 'inTransit' },
  review: {
    payoutSettled: 'review',
    payoutRefused: 'review',
    payoutReturned: 'review',
    payoutReturnReversed: 'review',
    moneyArrived: 'review',
    arrivalReversed: 'review',
    transferCompleted: 'completed',
    transferCompensated: 'compensated',
  },
} as const satisfies Transitions
