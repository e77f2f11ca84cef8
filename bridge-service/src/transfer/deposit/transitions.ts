import type { Transitions } from '../state.ts'

/** The deposit comes and goes with the chain's blocks, and moves the transfer no further: what follows from it does. */
const comesAndGoes = <S extends string>(state: S) =>
  ({ depositLocked: state, depositOrphaned: state, depositFinalized: state }) as const

/** What somebody else's refund does where ours is not what we wait for. */
const refundedByOthers = <S extends string>(state: S) =>
  ({ depositRefunded: state, depositRefundOrphaned: state, depositRefundFinalized: state }) as const

/** While what was promised for the deposit is under way: it is told, and what follows comes after. */
export const underWay = <S extends string>(state: S) =>
  ({
    ...comesAndGoes(state),
    ...refundedByOthers(state),
    escrowCommitted: state,
    commitOrphaned: state,
    commitFinalized: state,
    commitRefused: state,
    commitRetried: state,
  }) as const

/**
 * The states of a customer's own escrow, the same on every route that begins on a chain. Before its commit is wished for it goes back to
 * waiting when the chain forgets it; afterwards it need not, since no commit stands on a chain without it.
 */
export const depositTransitions = {
  awaitingDeposit: {
    depositLocked: 'deposited',
    depositExpired: 'failed',
    transferCanceled: 'canceled',
    depositRefunded: 'refundedDeposit',
    depositClawedBack: 'failed',
  },
  deposited: {
    depositLocked: 'deposited',
    depositOrphaned: 'awaitingDeposit',
    depositFinalized: 'committing',
    escrowCommitted: 'committed',
    cancelRequested: 'deposited',
    compensationStarted: 'refundingDeposit',
    depositRefunded: 'refundedDeposit',
    depositClawedBack: 'failed',
  },
  committing: {
    ...comesAndGoes('committing'),
    escrowCommitted: 'committed',
    commitRefused: 'committing',
    commitRetried: 'committing',
    cancelRequested: 'committing',
    compensationStarted: 'refundingDeposit',
    depositExpired: 'failed',
    depositRefunded: 'refundedDeposit',
    depositClawedBack: 'failed',
  },
  /** The route says where a final commit leads. */
  committed: {
    ...comesAndGoes('committed'),
    commitOrphaned: 'committing',
    cancelRequested: 'committed',
    compensationStarted: 'refundingDeposit',
    depositRefunded: 'refundedDeposit',
    depositClawedBack: 'failed',
  },
  collecting: {
    ...comesAndGoes('collecting'),
    ...refundedByOthers('collecting'),
    depositReleased: 'collected',
    depositReleaseRefused: 'collecting',
    depositReleaseRetried: 'collecting',
    // What was claimed out of a balance is the treasury's already.
    depositReleaseFinalized: 'completed',
    depositExpired: 'collecting',
    depositClawedBack: 'completed',
    receivableOpened: 'review',
  },
  collected: {
    ...comesAndGoes('collected'),
    depositReleaseOrphaned: 'collecting',
    depositReleaseFinalized: 'completed',
  },
  refundingDeposit: {
    ...comesAndGoes('refundingDeposit'),
    depositRefunded: 'refundedDeposit',
    depositRefundRefused: 'refundingDeposit',
    depositRefundRetried: 'refundingDeposit',
    depositExpired: 'failed',
    depositClawedBack: 'failed',
    transferCompensated: 'compensated',
  },
  refundedDeposit: {
    depositLocked: 'refundedDeposit',
    depositOrphaned: 'refundedDeposit',
    depositRefunded: 'refundedDeposit',
    depositRefundOrphaned: 'refundingDeposit',
    depositRefundFinalized: 'compensated',
  },
  /** It comes late, and goes back. */
  ended: { depositLocked: 'refundingDeposit', depositRefunded: 'refundedDeposit' },
} as const satisfies Record<string, Transitions['awaitingDeposit']>

/** A wallet can be faster than the screening. */
export const early = {
  depositLocked: 'requested',
  depositOrphaned: 'requested',
  escrowCommitted: 'requested',
  commitOrphaned: 'requested',
  depositRefunded: 'requested',
  depositRefundOrphaned: 'requested',
  depositClawedBack: 'requested',
} as const satisfies Transitions['requested']
