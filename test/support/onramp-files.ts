import { isOfPaymentReturns, isOfReversals } from './given.ts'

export type OnrampFile = 'way-in' | 'lock' | 'release' | 'way-back' | 'clawback' | 'return-reversal' | 'credit-return'

const wayIn = ['none', 'requested', 'screened', 'debiting', 'failed']
const lock = ['locking', 'locked', 'clearing']
const release = ['releasing', 'released', 'completed']

// Where a transition is shown beside what it follows from, and not beside the state that it leaves.
const elsewhere: Readonly<Record<string, OnrampFile>> = {
  'locking compensationStarted': 'way-in',
  'refunding lockOrphaned': 'lock',
  'crediting debitReturned': 'release',
  'compensated debitReturned': 'release',
  'review deliveryReclaimed': 'release',
}

/** Which test file of the on-ramp shows a transition, and sees to it that it does: each has one. */
export const fileOf = (transition: string): OnrampFile => {
  if (isOfReversals(transition)) return 'return-reversal'
  if (isOfPaymentReturns(transition)) return 'credit-return'
  if (transition.endsWith(' escrowClawedBack')) return 'clawback'
  const special = elsewhere[transition]
  if (special !== undefined) return special
  const state = transition.split(' ')[0]!
  if (wayIn.includes(state)) return 'way-in'
  if (lock.includes(state)) return 'lock'
  return release.includes(state) ? 'release' : 'way-back'
}
