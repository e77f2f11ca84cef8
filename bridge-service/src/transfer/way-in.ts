import type { Transitions } from './state.ts'

/** What a debit pays for is locked before anybody is paid: the same for every route that begins so, until what is locked is final. */
export const wayIn = {
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
    debitReturnedAgain: 'locking',
    debitReturnReversed: 'locking',
  },
  locked: {
    lockOrphaned: 'locking',
    lockFinalized: 'clearing',
    cancelRequested: 'locked',
    compensationStarted: 'refunding',
    escrowRefunded: 'refunded',
    escrowClawedBack: 'crediting',
    debitReturned: 'locked',
    debitReturnReversed: 'locked',
  },
} as const satisfies Transitions
