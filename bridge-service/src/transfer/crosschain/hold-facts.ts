import type { Reading } from '../decision.ts'
import { isElsewhere } from '../deposit/depositing.ts'
import type { ChainPlace, TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import { readReclaim } from '../reclaim.ts'
import type { TransferOf } from '../transfer.ts'
import { ended, ifToTurnBack } from './turning-back.ts'

type Transfer = TransferOf<'crosschain'>

/** What the other chain says about the escrow that the treasury pays into. */
export const readHoldFact = (transfer: Transfer, { kind, status, place }: Extract<Input, { type: 'chainFact' }>): Reading => {
  const included = status === 'included'
  switch (kind) {
    case 'escrowLocked':
      return included ? readLock(transfer, place) : readLostLock(transfer, place)
    case 'escrowReleased':
      return included ? readRelease(transfer, place) : readLostRelease(transfer, place)
    case 'escrowRefunded':
      return included ? readRefund(transfer, place) : readLostRefund(transfer, place)
    case 'escrowClawedBack':
      return readClawback(transfer, place)
    case 'deliveryReclaimed':
      return readReclaim(transfer, place, transfer.state === 'completed' || transfer.state === 'review')
    case 'escrowCommitted':
      return nothing('what the treasury locks here is released or refunded')
    case 'depositReceived':
      return nothing('the treasury deposits nothing')
    case 'deliveryClaimed':
      return nothing('it was delivered when it was released')
    case 'escrowCredited':
      // The release or refund beside it stands: in law the tokens are the owner's, who can claim them for ever.
      return nothing('the token refused the payout, and its owner can claim it')
  }
}

const readLock = ({ state, progress }: Transfer, place: ChainPlace): Reading => {
  const locked: TransferEvent[] = [{ type: 'escrowLocked', ...place }, ...ifToTurnBack(progress)]
  if (state === 'locking') return happened(locked, changed('lockEscrow', 'SUCCEEDED'))
  if (state !== 'locked' || !isElsewhere(progress.lock, place)) return nothing('the lock is known')
  return happened([{ type: 'lockOrphaned', fact: progress.lock!.fact }, ...locked])
}

const readLostLock = ({ state, progress }: Transfer, { fact }: ChainPlace): Reading => {
  if (progress.lock?.fact !== fact) return nothing('not waiting for it')
  const lost: TransferEvent = { type: 'lockOrphaned', fact }
  const again = changed('lockEscrow', 'IN_FLIGHT')
  if (state === 'locked') return happened([lost], again)
  // There is nothing to refund until it is back, and it need not come back. Where a release was wished it was final, and may be mined with it.
  if ((state !== 'refunding' && state !== 'refunded') || progress.wishes?.release) return nothing('not waiting for it')
  return happened(
    [...(progress.refund ? [{ type: 'refundOrphaned', fact: progress.refund.fact } as const] : []), lost],
    again,
    ...(progress.wishes?.refund ? [changed('refundEscrow', 'FAILED', progress.attempts.refund)] : []),
  )
}

const readRelease = ({ state, progress }: Transfer, place: ChainPlace): Reading => {
  const { attempts } = progress
  const released: TransferEvent = { type: 'escrowReleased', ...place }
  const done = changed('releaseEscrow', 'SUCCEEDED', attempts.release)
  if (state === 'releasing') return happened([released], done)
  if (state === 'released' && isElsewhere(progress.release, place))
    return happened([{ type: 'releaseOrphaned', fact: progress.release!.fact }, released])
  // Somebody's refund had won against our release for a while.
  if ((state === 'refunding' || state === 'refunded') && progress.wishes?.release !== undefined)
    return happened(
      [...(state === 'refunded' ? [{ type: 'refundOrphaned', fact: progress.refund!.fact } as const] : []), released],
      done,
      changed('refundEscrow', 'FAILED', attempts.refund),
    )
  return nothing('the release is known')
}

const readLostRelease = ({ state, progress }: Transfer, { fact }: ChainPlace): Reading =>
  state === 'released' && progress.release?.fact === fact
    ? happened([{ type: 'releaseOrphaned', fact }], changed('releaseEscrow', 'IN_FLIGHT', progress.attempts.release))
    : nothing('not waiting for it')

const readRefund = ({ state, progress }: Transfer, place: ChainPlace): Reading => {
  const refunded: TransferEvent = { type: 'escrowRefunded', ...place }
  const notReleased = changed('releaseEscrow', 'FAILED', progress.attempts.release)
  switch (state) {
    case 'refunding':
      return happened([refunded], changed('refundEscrow', 'SUCCEEDED', progress.attempts.refund))
    case 'locking':
      // The news of the lock is still to come: two readers of the inbox may overtake each other.
      return happened([refunded], changed('lockEscrow', 'SUCCEEDED'))
    case 'locked':
      // Anyone may refund an escrow whose soft deadline has passed: then the chain has decided.
      return happened([refunded])
    case 'releasing':
      return happened([refunded], notReleased)
    case 'released':
      // One of the two is on the true chain, and news of one commit come in any order: the release has gone.
      return happened([{ type: 'releaseOrphaned', fact: progress.release!.fact }, refunded], notReleased)
    case 'refunded':
      return isElsewhere(progress.refund, place)
        ? happened([{ type: 'refundOrphaned', fact: progress.refund!.fact }, refunded])
        : nothing('the refund is known')
    default:
      return nothing('the refund is known')
  }
}

const readLostRefund = ({ state, progress }: Transfer, { fact }: ChainPlace): Reading => {
  if (state !== 'refunded' || progress.refund?.fact !== fact) return nothing('not waiting for it')
  const gone: TransferEvent = { type: 'refundOrphaned', fact }
  // It was somebody else's, and he need not come back: from here on it is our wish.
  if (progress.wishes?.refund === undefined) return happened([gone, { type: 'refundRetried' }])
  return happened([gone], changed('refundEscrow', 'IN_FLIGHT', progress.attempts.refund))
}

/** The stablecoins are gone, and the loss is ours and the issuer's to settle: the customer gets his deposit back. */
const readClawback = ({ state, progress }: Transfer, place: ChainPlace): Reading => {
  const gone: TransferEvent = { type: 'escrowClawedBack', ...place }
  switch (state) {
    case 'locking':
      return ended(progress, gone, changed('lockEscrow', 'SUCCEEDED'))
    case 'locked':
      return ended(progress, gone)
    case 'releasing':
      return ended(progress, gone, changed('releaseEscrow', 'FAILED', progress.attempts.release))
    case 'refunding':
      return ended(progress, gone, changed('refundEscrow', 'FAILED', progress.attempts.refund))
    default:
      return nothing('there is nothing of it in escrow')
  }
}
