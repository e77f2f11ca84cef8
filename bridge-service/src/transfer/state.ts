import type { EventType } from './event.ts'

/** Where a transfer stands. Terminal: completed, compensated, failed, canceled. `review` is in a person's hands. */
export const states = [
  'requested',
  'screened',
  'debiting',
  'locking',
  'locked',
  'clearing',
  'releasing',
  'released',
  'completed',
  'refunding',
  'refunded',
  'crediting',
  'compensated',
  'canceled',
  'failed',
  'review',
] as const

export type State = (typeof states)[number]

export const terminalStates: readonly State[] = ['completed', 'compensated', 'canceled', 'failed']

/**
 * The version of this machine that a new transfer is pinned to. Raise it when a recorded history would be read differently, or could not be
 * read by the machine before.
 *   2: `mintPlanned`, and `terms.funding`. Without them a history is read as 1 read it.
 *   3: `escrowClawedBack` and `deliveryReclaimed`.
 *   4: `lockOrphaned` while the escrow is refunded.
 */
export const currentDefinition = 4

/** `none` is where a transfer is before its first event. */
export type Source = State | 'none'

/**
 * The legal transitions of the on-ramp, as data. The machine refuses any other, the SQL guard of a step is derived from it, and so is the
 * diagram in ARCHITECTURE.md. From RELEASING on (the pivot) it only goes forward, unless the chain itself says that the money went back.
 */
export const onrampTransitions: Record<Source, Partial<Record<EventType, State>>> = {
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
    lockOrphaned: 'locking',
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
}

export const targetOf = (source: Source, event: EventType): State | undefined => onrampTransitions[source][event]

/** The states from which an event may come: also the `state = any(…)` guard in the SQL of a step. */
export const sourcesOf = (event: EventType): Source[] =>
  (Object.keys(onrampTransitions) as Source[]).filter(source => onrampTransitions[source][event] !== undefined)
