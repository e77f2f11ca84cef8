import type { State } from '../transfer/state.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/**
 * How long a transfer may stand in each state before somebody should look, in ms. Null: it has ended. What a bank or a customer takes his time
 * for has days; what only we and a chain work at has minutes.
 */
export const stuckAfterMs: Readonly<Record<State, number | null>> = {
  requested: 5 * minute,
  screened: 5 * minute,
  // The slowest scheme settles within five banking days.
  debiting: 7 * day,
  awaitingDeposit: 8 * day,
  deposited: hour,
  locking: 30 * minute,
  locked: hour,
  // As long as the longest clearing, and a weekend.
  clearing: 8 * day,
  committing: 30 * minute,
  committed: hour,
  payingOut: 2 * day,
  inTransit: 3 * day,
  releasing: 30 * minute,
  released: hour,
  collecting: 30 * minute,
  collected: hour,
  refunding: 30 * minute,
  refunded: hour,
  refundingDeposit: 30 * minute,
  refundedDeposit: hour,
  crediting: 3 * day,
  // From its first moment on.
  review: 0,
  completed: null,
  compensated: null,
  canceled: null,
  failed: null,
  resolved: null,
}

/** How long the outcome of an intent may be unknown. */
export const unknownForMs = hour
