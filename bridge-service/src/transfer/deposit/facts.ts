import type { Reading } from '../decision.ts'
import type { ChainPlace, TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import { abandoned, type Depositing, ifServedTwice, isElsewhere, isOver, isUnderWay, turnBack } from './depositing.ts'

type Fact = Extract<Input, { type: 'depositFact' }>

/** What a chain says about the customer's own escrow. */
export const readDepositFact = (transfer: Depositing, { kind, status, place }: Fact): Reading => {
  if (isOver(transfer.progress)) return nothing('the deposit is over')
  // A ledger that is closed is final: only we can give back what was claimed in it.
  if (isClaimed(transfer) && !(kind === 'escrowRefunded' && isGoingBack(transfer))) return nothing('it is the treasury’s by now')
  const included = status === 'included'
  switch (kind) {
    case 'escrowLocked':
    case 'depositReceived':
      return included ? readLock(transfer, place) : readLostLock(transfer, place)
    case 'escrowCommitted':
      return included ? readCommit(transfer, place) : readLostCommit(transfer, place)
    case 'escrowReleased':
      // Claimed out of a balance, it is committed and the treasury's at once.
      if (transfer.terms.deposit.committedBy === 'balance')
        return included ? readCommit(transfer, place) : readLostCommit(transfer, place)
      return included ? readRelease(transfer, place) : readLostRelease(transfer, place)
    case 'escrowRefunded':
      return included ? readRefund(transfer, place) : readLostRefund(transfer, place)
    case 'escrowClawedBack':
      return readClawback(transfer, place)
    case 'escrowCredited':
      // The release or refund beside it stands: in law the tokens are the owner's, who can claim them for ever.
      return nothing('the token refused the payout, and its owner can claim it')
    case 'deliveryClaimed':
    case 'deliveryReclaimed':
      return nothing('a deposit is no delivery')
  }
}

const isClaimed = ({ progress, terms }: Depositing) => progress.committed === true && terms.deposit.committedBy === 'balance'

const isGoingBack = ({ state }: Depositing) => state === 'refundingDeposit' || state === 'refundedDeposit'

const readLock = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  const known = progress.deposit?.lock
  // Where a commit has told of it first, its own place is still news.
  if (known?.fact === place.fact && !isElsewhere(known, place)) return nothing('the deposit is known')
  const locked: TransferEvent = { type: 'depositLocked', ...place }
  switch (state) {
    case 'failed':
    case 'canceled':
      // It came late. An earlier wish to give it back ended when it was gone.
      return happened(progress.wishes?.depositRefund === undefined ? [locked] : [locked, { type: 'depositRefundRetried' }])
    case 'completed':
    case 'compensated':
    case 'review':
    case 'screened':
      return nothing('its own escrow counts once')
    default:
      return happened([locked])
  }
}

const readLostLock = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  if (progress.deposit?.lock?.fact !== place.fact) return nothing('not waiting for it')
  switch (state) {
    case 'failed':
    case 'canceled':
    case 'completed':
    case 'compensated':
    case 'review':
    case 'screened':
    case 'awaitingDeposit':
      return nothing('not waiting for it')
    default:
      return happened([{ type: 'depositOrphaned', fact: place.fact }])
  }
}

const readCommit = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  const committed: TransferEvent = { type: 'escrowCommitted', ...place }
  const done = changed('commitEscrow', 'SUCCEEDED', progress.attempts.commit)
  switch (state) {
    case 'requested':
      return isElsewhere(progress.commit, place) ? happened([committed]) : nothing('the commit is known')
    case 'awaitingDeposit':
      // The news of the lock is still to come: two readers of the inbox may overtake each other. No commit stands without it.
      return happened([{ type: 'depositLocked', ...place }, committed])
    case 'deposited':
      return happened([committed])
    case 'committing':
      return happened(
        [committed, ...(progress.cancelReason === undefined ? [] : turnBack(progress, progress.cancelReason))],
        done,
      )
    default:
      if (state !== 'committed' && !isUnderWay(state)) return nothing('not waiting for it')
      if (!isElsewhere(progress.commit, place)) return nothing('the commit is known')
      if (progress.commit === undefined) return happened([committed], done)
      return happened([{ type: 'commitOrphaned', fact: progress.commit.fact }, committed])
  }
}

const readLostCommit = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  if (progress.commit?.fact !== place.fact) return nothing('not waiting for it')
  const gone: TransferEvent = { type: 'commitOrphaned', fact: place.fact }
  if (state === 'requested') return happened([gone])
  if (state !== 'committed' && !isUnderWay(state)) return nothing('not waiting for it')
  // It was never our wish, and it need not come back: from here on it is.
  if (progress.wishes?.commit === undefined) return happened([gone, { type: 'commitRetried' }])
  return happened([gone], changed('commitEscrow', 'IN_FLIGHT', progress.attempts.commit))
}

const readRelease = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  const released: TransferEvent = { type: 'depositReleased', ...place }
  if (state === 'collecting') {
    // Somebody's refund had won against our release for a while.
    const refund = progress.deposit?.refund
    return happened(
      [...(refund ? [{ type: 'depositRefundOrphaned', fact: refund.fact } as const] : []), released],
      changed('releaseDeposit', 'SUCCEEDED', progress.attempts.depositRelease),
    )
  }
  if (state !== 'collected' || !isElsewhere(progress.deposit?.release, place)) return nothing('not waiting for it')
  return happened([{ type: 'depositReleaseOrphaned', fact: progress.deposit!.release!.fact }, released])
}

const readLostRelease = ({ state, progress }: Depositing, place: ChainPlace): Reading =>
  state === 'collected' && progress.deposit?.release?.fact === place.fact
    ? happened(
        [{ type: 'depositReleaseOrphaned', fact: place.fact }],
        changed('releaseDeposit', 'IN_FLIGHT', progress.attempts.depositRelease),
      )
    : nothing('not waiting for it')

const readRefund = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  if (!isElsewhere(progress.deposit?.refund, place)) return nothing('the refund is known')
  const refunded: TransferEvent = { type: 'depositRefunded', ...place }
  switch (state) {
    case 'completed':
    case 'compensated':
    case 'review':
    case 'screened':
      return nothing('the deposit is over')
    case 'refundingDeposit':
      return happened([refunded], changed('refundDeposit', 'SUCCEEDED', progress.attempts.depositRefund))
    case 'collected':
      // One of the two is on the true chain, and news of one commit come in any order: the release has gone.
      return happened(
        [{ type: 'depositReleaseOrphaned', fact: progress.deposit!.release!.fact }, refunded],
        changed('releaseDeposit', 'IN_FLIGHT', progress.attempts.depositRelease),
      )
    default:
      // Anyone may refund an escrow whose deadline has passed: then the chain has decided.
      return isUnderWay(state) || state === 'collecting' ? happened([refunded]) : happened([refunded], ...abandoned(progress))
  }
}

const readLostRefund = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  if (progress.deposit?.refund?.fact !== place.fact) return nothing('not waiting for it')
  const gone: TransferEvent = { type: 'depositRefundOrphaned', fact: place.fact }
  if (state === 'requested' || state === 'collecting' || isUnderWay(state)) return happened([gone])
  if (state !== 'refundedDeposit') return nothing('not waiting for it')
  // It was somebody else's, and he need not come back: from here on it is our wish.
  if (progress.wishes?.depositRefund === undefined) return happened([gone, { type: 'depositRefundRetried' }])
  return happened([gone], changed('refundDeposit', 'IN_FLIGHT', progress.attempts.depositRefund))
}

/** Until something was done for it, the loss is the customer's; afterwards it is ours. */
const readClawback = ({ state, progress }: Depositing, place: ChainPlace): Reading => {
  const gone: TransferEvent = { type: 'depositClawedBack', ...place }
  switch (state) {
    case 'requested':
    case 'failed':
    case 'canceled':
      return happened([gone])
    case 'payingOut':
      return happened([gone], ...abandoned(progress))
    case 'awaitingDeposit':
    case 'deposited':
    case 'committing':
    case 'committed':
    case 'refundingDeposit':
      return happened([gone, ...ifServedTwice(progress)], ...abandoned(progress))
    case 'collecting':
      return happened(
        [gone, ...(progress.payout?.returned ? [{ type: 'receivableOpened' } as const] : [])],
        ...abandoned(progress),
      )
    default:
      return nothing('there is nothing of it in escrow')
  }
}
