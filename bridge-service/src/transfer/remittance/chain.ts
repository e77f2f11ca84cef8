import { ifNothingToPayBack } from '../credit.ts'
import type { IntentChange, Reading } from '../decision.ts'
import type { ChainPlace, TransferEvent } from '../event.ts'
import type { ChainFactKind, Input } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import { readReclaim } from '../reclaim.ts'
import type { TransferOf } from '../transfer.ts'
import { reasonToTurnBack, withoutCommit } from './turning-back.ts'

type Transfer = TransferOf<'remittance'>
type Fact = Extract<Input, { type: 'chainFact' }>

/** What the true chain says about the treasury's hold. */
export const readChain = (transfer: Transfer, { kind, status, place }: Fact): Reading => {
  switch (kind) {
    case 'escrowLocked':
      return status === 'included' ? readLock(transfer, place) : readLostLock(transfer, place)
    case 'escrowCommitted':
      return status === 'included' ? readCommit(transfer, place) : readLostCommit(transfer, place)
    case 'escrowReleased':
      return status === 'included' ? readRelease(transfer, place) : readLostRelease(transfer, place)
    case 'escrowRefunded':
      return status === 'included' ? readRefund(transfer, place) : readLostRefund(transfer, place)
    case 'escrowClawedBack':
      return readClawback(transfer, place)
    case 'deliveryReclaimed':
      return readReclaim(transfer, place, isDelivered(transfer))
    case 'depositReceived':
    case 'deliveryClaimed':
    case 'escrowCredited':
      return nothing(meaningless[kind])
  }
}

const meaningless = {
  depositReceived: 'a remittance has no deposit',
  deliveryClaimed: 'it was delivered when it was released',
  // The release or refund beside it stands: in law the tokens are the owner's, who can claim them for ever.
  escrowCredited: 'the token refused the payout, and its owner can claim it',
} as const satisfies Partial<Record<ChainFactKind, string>>

const moved = (known: ChainPlace | undefined, place: ChainPlace) => known !== undefined && known.blockHash !== place.blockHash

/** A person has the transfer, and its hold is still on the chain as far as the chain has said for good. */
const isWatched = ({ state, progress }: Transfer) => state === 'review' && progress.lock !== undefined && !progress.holdEnded

const readLock = ({ state, progress }: Transfer, place: ChainPlace): Reading => {
  const reason = reasonToTurnBack(progress)
  const locked: TransferEvent[] = [
    { type: 'escrowLocked', ...place },
    ...(reason === undefined ? [] : [{ type: 'compensationStarted', reason } as const]),
  ]
  if (state === 'locking') return happened(locked, changed('lockEscrow', 'SUCCEEDED'))
  if ((state === 'locked' || state === 'clearing') && moved(progress.lock, place))
    return happened([{ type: 'lockOrphaned', fact: progress.lock!.fact }, ...locked])
  return nothing('the lock is known')
}

const readLostLock = (transfer: Transfer, { fact }: ChainPlace): Reading => {
  const { state, progress } = transfer
  if (progress.lock?.fact !== fact) return nothing('not waiting for it')
  const lost = [{ type: 'lockOrphaned', fact }] as const
  const again = changed('lockEscrow', 'IN_FLIGHT')
  if (state === 'locked' || state === 'clearing') return happened(lost, again)
  // There is nothing to refund until it is back, and it need not come back. Where more was wished it was final, and may be mined with all of it.
  if ((state === 'refunding' || state === 'refunded') && !progress.wishes?.commit && !progress.wishes?.release)
    return happened([...withoutRefund(transfer), ...lost], again, ...refundFailed(transfer))
  return nothing('not waiting for it')
}

const readCommit = ({ state, progress }: Transfer, place: ChainPlace): Reading => {
  const committed = { type: 'escrowCommitted', ...place } as const
  if (state === 'committing') return happened([committed], changed('commitEscrow', 'SUCCEEDED', progress.attempts.commit))
  if (state === 'committed' && moved(progress.commit, place))
    return happened([{ type: 'commitOrphaned', fact: progress.commit!.fact }, committed])
  return nothing('the commit is known, or nobody waits for it')
}

const readLostCommit = ({ state, progress }: Transfer, { fact }: ChainPlace): Reading =>
  state === 'committed' && progress.commit?.fact === fact
    ? happened([{ type: 'commitOrphaned', fact }], changed('commitEscrow', 'IN_FLIGHT', progress.attempts.commit))
    : nothing('not waiting for it')

const readRelease = (transfer: Transfer, place: ChainPlace): Reading => {
  const { state, progress } = transfer
  const released = { type: 'escrowReleased', ...place } as const
  switch (state) {
    case 'releasing':
      return happened([released], changed('releaseEscrow', 'SUCCEEDED', progress.attempts.release))
    case 'released':
      return moved(progress.release, place)
        ? happened([{ type: 'releaseOrphaned', fact: progress.release!.fact }, released])
        : nothing('the release is known')
    // From here on it is anybody's, after the hard deadline: the partner has been paid, whatever he pays out.
    case 'committing':
      return happened([released], changed('commitEscrow', 'SUCCEEDED', progress.attempts.commit))
    case 'committed':
    case 'payingOut':
      return happened([released])
    case 'refunding':
    case 'refunded':
      return happened([...withoutRefund(transfer), released], ...refundFailed(transfer))
    case 'review':
      if (!isWatched(transfer) || (progress.release && !moved(progress.release, place))) return nothing('the release is known')
      return happened([...withoutRelease(transfer), ...withoutRefund(transfer), released])
    default:
      return nothing('nobody can have released it')
  }
}

const readLostRelease = (transfer: Transfer, { fact }: ChainPlace): Reading => {
  const { state, progress } = transfer
  if (progress.release?.fact !== fact) return nothing('not waiting for it')
  const gone = { type: 'releaseOrphaned', fact } as const
  if (state === 'released') return happened([gone], changed('releaseEscrow', 'IN_FLIGHT', progress.attempts.release))
  return isWatched(transfer) ? happened([gone]) : nothing('not waiting for it')
}

const readRefund = (transfer: Transfer, place: ChainPlace): Reading => {
  const { state, progress } = transfer
  const refunded = { type: 'escrowRefunded', ...place } as const
  switch (state) {
    case 'refunding':
      return happened([refunded], changed('refundEscrow', 'SUCCEEDED', progress.attempts.refund))
    // Anyone may refund an escrow whose soft deadline has passed: then the chain has decided.
    case 'locked':
    case 'clearing':
    case 'committed':
    case 'committing':
      return happened([refunded], ...withoutCommit(transfer))
    // The news of the lock is still to come: two readers of the inbox may overtake each other.
    case 'locking':
      return happened([refunded], changed('lockEscrow', 'SUCCEEDED'))
    case 'refunded':
      return moved(progress.refund, place) ? happened([...withoutRefund(transfer), refunded]) : nothing('the refund is known')
    // The commit was final, and has gone all the same. The fiat is leaving, or has left.
    case 'payingOut':
      return happened([refunded])
    case 'releasing':
    case 'released':
      return happened([...withoutRelease(transfer), refunded], changed('releaseEscrow', 'FAILED', progress.attempts.release))
    case 'review':
      if (!isWatched(transfer) || (progress.refund && !moved(progress.refund, place))) return nothing('the refund is known')
      return happened([...withoutRelease(transfer), ...withoutRefund(transfer), refunded])
    default:
      return nothing('the refund is known')
  }
}

const readLostRefund = (transfer: Transfer, { fact }: ChainPlace): Reading => {
  const { state, progress } = transfer
  if (progress.refund?.fact !== fact) return nothing('not waiting for it')
  const gone = { type: 'refundOrphaned', fact } as const
  if (isWatched(transfer)) return happened([gone])
  if (state !== 'refunded') return nothing('not waiting for it')
  // It was somebody else's, and he need not come back: from here on it is our wish.
  if (progress.wishes?.refund === undefined) return happened([gone, { type: 'refundRetried' }])
  return happened([gone], changed('refundEscrow', 'IN_FLIGHT', progress.attempts.refund))
}

/** The stablecoins are gone, and the loss is ours and the issuer's to settle. Once fiat may have left, a person has to look. */
const readClawback = (transfer: Transfer, place: ChainPlace): Reading => {
  const { state, progress } = transfer
  const gone = { type: 'escrowClawedBack', ...place } as const
  switch (state) {
    case 'locking':
      return happened([gone, ...ifNothingToPayBack(progress)], changed('lockEscrow', 'SUCCEEDED'))
    case 'locked':
    case 'clearing':
    case 'committing':
    case 'committed':
    case 'refunding':
      return happened([gone, ...ifNothingToPayBack(progress)], ...withoutCommit(transfer), ...refundFailed(transfer))
    case 'payingOut':
      return happened([gone])
    case 'releasing':
      return happened([gone], changed('releaseEscrow', 'FAILED', progress.attempts.release))
    case 'review':
      return isWatched(transfer) && !progress.release && !progress.refund
        ? happened([gone])
        : nothing('there is nothing of it in escrow')
    default:
      return nothing('there is nothing of it in escrow')
  }
}

const isDelivered = ({ state, progress }: Transfer) =>
  (state === 'completed' || state === 'review') && progress.holdEnded === true

const withoutRelease = ({ progress: { release } }: Transfer): TransferEvent[] =>
  release === undefined ? [] : [{ type: 'releaseOrphaned', fact: release.fact }]

const withoutRefund = ({ progress: { refund } }: Transfer): TransferEvent[] =>
  refund === undefined ? [] : [{ type: 'refundOrphaned', fact: refund.fact }]

const refundFailed = ({ state, progress }: Transfer): IntentChange[] =>
  state === 'refunding' || (state === 'refunded' && progress.wishes?.refund !== undefined)
    ? [changed('refundEscrow', 'FAILED', progress.attempts.refund)]
    : []
