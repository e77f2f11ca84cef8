import type { IntentChange } from '../decision.ts'
import type { ChainPlace, TransferEvent } from '../event.ts'
import { changed } from '../reading.ts'
import type { State } from '../state.ts'
import type { Progress, TransferOf } from '../transfer.ts'

/** A transfer that begins with the customer's own escrow. */
export type Depositing = TransferOf<'offramp'> | TransferOf<'crosschain'>

// A commit that is sent so close to the soft deadline could race with anybody's refund.
const commitMarginMs = 60_000
// From the hard deadline on anybody may refund even what is committed: a bank or a chain has to have had its time before.
const actMarginMs = 3_600_000

const underWay: readonly State[] = ['payingOut', 'locking', 'locked', 'releasing', 'released', 'refunding', 'refunded']

/** Its commit was final, and what was promised for it is under way. */
export const isUnderWay = (state: State): boolean => underWay.includes(state)

export const isTooLateToCommit = ({ terms }: Depositing, nowMs: number): boolean =>
  nowMs + commitMarginMs >= terms.deposit.terms.refundAfter * 1000

/** What was claimed out of a balance is the treasury's, whatever the hour. */
export const isTooLateToAct = ({ terms: { deposit } }: Depositing, nowMs: number): boolean =>
  deposit.committedBy === 'escrow' && nowMs + actMarginMs >= deposit.terms.hardDeadline * 1000

/** Nothing of it will be heard any more that could change anything. */
export const isOver = ({ deposit }: Progress): boolean => deposit?.refunded === true || deposit?.clawedBack === true

/** The news tell something new. */
export const isElsewhere = (known: ChainPlace | undefined, place: ChainPlace): boolean => known?.blockHash !== place.blockHash

/** The wishes about the deposit that are still open and have become void. */
export const abandoned = ({ wishes, attempts, commit, deposit }: Progress): IntentChange[] => [
  ...(wishes?.commit === 'open' && commit === undefined ? [changed('commitEscrow', 'FAILED', attempts.commit)] : []),
  ...(wishes?.depositRelease === 'open' && deposit?.release === undefined
    ? [changed('releaseDeposit', 'FAILED', attempts.depositRelease)]
    : []),
  ...(wishes?.depositRefund === 'open' && deposit?.refund === undefined
    ? [changed('refundDeposit', 'FAILED', attempts.depositRefund)]
    : []),
]

/** Turns back to the customer, who may have his deposit already. */
export const turnBack = ({ deposit }: Progress, reason: string): TransferEvent[] => [
  { type: 'compensationStarted', reason },
  ...whenRefunded(deposit),
]

/** What follows from a refund that is known, where the deposit should have gone back. */
export const whenRefunded = (deposit: Progress['deposit']): TransferEvent[] => {
  if (deposit?.refunded) return [{ type: 'transferCompensated' }]
  return deposit?.refund ? [{ type: 'depositRefunded', ...deposit.refund }] : []
}

/** The customer has both his deposit and what he got for it: he owes us one of them. */
export const ifServedTwice = ({ payout }: Progress): TransferEvent[] =>
  payout?.settled && !payout.returned ? [{ type: 'receivableOpened' }] : []

/** What a customer did before his transfer was screened, now that it is. */
export const whatCameEarly = ({ deposit, commit }: Progress, passed: boolean): TransferEvent[] => {
  if (deposit?.clawedBack) return []
  if (deposit?.refund) return [{ type: 'depositRefunded', ...deposit.refund }]
  const lock = deposit?.lock ?? commit
  if (lock === undefined) return []
  return [{ type: 'depositLocked', ...lock }, ...(passed && commit ? [{ type: 'escrowCommitted', ...commit } as const] : [])]
}
