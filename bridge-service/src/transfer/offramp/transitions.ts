import { depositTransitions, early, underWay } from '../deposit/transitions.ts'
import type { Transitions } from '../state.ts'

const { ended, ...deposit } = depositTransitions

/** What was paid out comes back, and the bank may take that back: the transfer stands where it stood. */
const comesBack = <S extends string>(state: S) =>
  ({ payoutReturned: state, payoutReturnedAgain: state, payoutReturnReversed: state }) as const

/**
 * PAYINGOUT is the pivot: from there on the customer gets fiat, and his deposit is ours, unless the bank says definitely that it pays
 * nothing out.
 */
export const offrampTransitions = {
  ...deposit,
  none: { transferRequested: 'requested' },
  requested: { ...early, screeningPassed: 'screened', screeningRefused: 'failed', transferCanceled: 'canceled' },
  screened: { liquidityReserved: 'awaitingDeposit', liquidityRefused: 'failed' },
  committed: { ...deposit.committed, commitFinalized: 'payingOut' },
  payingOut: {
    ...underWay('payingOut'),
    payoutSubmitted: 'payingOut',
    payoutUnknown: 'payingOut',
    payoutSettled: 'collecting',
    payoutRefused: 'payingOut',
    payoutReturned: 'payingOut',
    compensationStarted: 'refundingDeposit',
    // The loss is ours while fiat may be leaving: a person must look.
    depositClawedBack: 'review',
  },
  collecting: { ...deposit.collecting, ...comesBack('collecting') },
  collected: { ...deposit.collected, ...comesBack('collected') },
  completed: { payoutReturned: 'completed', payoutReturnReversed: 'completed', receivableOpened: 'review' },
  // A bank that settles what it refused: the customer is served twice, and owes us one of the two.
  refundingDeposit: { ...deposit.refundingDeposit, payoutSettled: 'refundingDeposit', ...comesBack('refundingDeposit') },
  refundedDeposit: { ...deposit.refundedDeposit, payoutSettled: 'refundedDeposit', ...comesBack('refundedDeposit') },
  compensated: { payoutSettled: 'compensated', ...comesBack('compensated'), receivableOpened: 'review' },
  canceled: { ...ended, depositClawedBack: 'canceled' },
  failed: { ...ended, depositClawedBack: 'failed', payoutSettled: 'failed', ...comesBack('failed'), receivableOpened: 'review' },
  // A person has it, and the bank goes on all the same: what moves there is booked here.
  review: {
    payoutSettled: 'review',
    payoutRefused: 'review',
    ...comesBack('review'),
    receivableOpened: 'review',
    receivableClosed: 'completed',
    transferFailed: 'failed',
  },
} as const satisfies Transitions
