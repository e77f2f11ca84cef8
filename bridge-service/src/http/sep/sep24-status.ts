import type { State } from '../../transfer/state.ts'

/** What SEP-24 calls the state of a deposit or a withdrawal (SEP-24, "Transaction status"). */
export const sep24Statuses = [
  'incomplete',
  'pending_user_transfer_start',
  'pending_user_transfer_complete',
  'pending_external',
  'pending_anchor',
  'on_hold',
  'pending_stellar',
  'pending_trust',
  'pending_user',
  'completed',
  'refunded',
  'expired',
  'no_market',
  'too_small',
  'too_large',
  'error',
] as const

export type Sep24Status = (typeof sep24Statuses)[number]

/** The status by which a Stellar wallet knows a transfer in this state. */
export const sep24StatusOf = (state: State): Sep24Status => statuses[state]

// A deposit to a wallet, as its owner sees it: what he waits for is the bank, us, or the ledger.
const statuses: Readonly<Record<State, Sep24Status>> = {
  requested: 'pending_anchor',
  // A person has ended it, one way or another, and has told him.
  resolved: 'error',
  screened: 'pending_anchor',
  debiting: 'pending_external',
  // The lock is ours alone: nothing of it has reached him.
  locking: 'pending_anchor',
  locked: 'pending_anchor',
  clearing: 'pending_anchor',
  releasing: 'pending_stellar',
  released: 'pending_stellar',
  completed: 'completed',
  // `refunded` says that the escrow came back to us; he has his money only after the credit.
  refunding: 'pending_anchor',
  refunded: 'pending_anchor',
  crediting: 'pending_external',
  compensated: 'refunded',
  // Canceled before anything was debited.
  canceled: 'expired',
  failed: 'error',
  review: 'on_hold',
  // Of other routes than a deposit to a wallet.
  awaitingDeposit: 'pending_user_transfer_start',
  deposited: 'pending_anchor',
  committing: 'pending_anchor',
  committed: 'pending_anchor',
  payingOut: 'pending_external',
  inTransit: 'pending_external',
  collecting: 'pending_anchor',
  collected: 'pending_anchor',
  refundingDeposit: 'pending_stellar',
  refundedDeposit: 'pending_stellar',
}
