import type { Reading } from '../decision.ts'
import { abandoned, isTooLateToAct, whatCameEarly } from '../deposit/depositing.ts'
import { readDepositFact } from '../deposit/facts.ts'
import { collected, readDepositFinality } from '../deposit/finality.ts'
import { readDepositDeadline, readDepositRefusal } from '../deposit/retries.ts'
import { reasonNotToStart } from '../deposit/start.ts'
import type { TransferEvent } from '../event.ts'
import { readHoldRetry } from '../hold-retry.ts'
import type { Input, RouteInput } from '../input.ts'
import { changed, happened, nothing } from '../reading.ts'
import { isMinted } from '../terms.ts'
import type { TransferOf } from '../transfer.ts'
import { readHoldFact } from './hold-facts.ts'
import { ended, ifToTurnBack, readCancel, reasonToTurnBack } from './turning-back.ts'

type Transfer = TransferOf<'crosschain'>

// A release that is sent so close to the soft deadline could race with anybody's refund.
const releaseMarginMs = 60_000

/** `nowMs` is database time in milliseconds since the epoch. */
export const readCrosschain = (transfer: Transfer, input: RouteInput, nowMs: number): Reading => {
  switch (input.type) {
    case 'screened':
      return readScreening(transfer, input)
    case 'intentRefused':
      return readRefusal(transfer, input, nowMs)
    case 'intentUnknown':
      return nothing('on a chain the indexer speaks')
    case 'railAnswered':
    case 'railFact':
      return nothing('no bank takes part')
    case 'depositFact':
      return readDeposit(transfer, input)
    case 'chainFact':
      return readHoldFact(transfer, input)
    case 'finalityReached':
      return readFinality(transfer, input, nowMs)
    case 'deadlineReached':
      return readDeadline(transfer, input.kind, nowMs)
    case 'cancelCommand':
      return readCancel(transfer, input.reason)
  }
}

const readScreening = (
  { state, progress, terms }: Transfer,
  { list, availableMinor }: Extract<Input, { type: 'screened' }>,
): Reading => {
  if (state !== 'requested') return nothing('already screened')
  const passed = { type: 'screeningPassed', list } as const
  const done = changed('screen', 'SUCCEEDED')
  const refused = reasonNotToStart(progress, terms, availableMinor)
  if (refused) return happened([passed, { type: 'liquidityRefused', ...refused }, ...whatCameEarly(progress, false)], done)
  const funded = { type: isMinted(terms) ? 'mintPlanned' : 'liquidityReserved' } as const
  return happened([passed, funded, ...whatCameEarly(progress, true)], done)
}

const readRefusal = (transfer: Transfer, input: Extract<Input, { type: 'intentRefused' }>, nowMs: number): Reading => {
  const { state, progress } = transfer
  const { step, attempt, code, detail } = input
  const failed = changed(step, 'FAILED', attempt)
  if (step === 'screen' && state === 'requested')
    return happened([{ type: 'screeningRefused', code, detail }, ...whatCameEarly(progress, false)], failed)
  if (step === 'lockEscrow' && state === 'locking') return ended(progress, { type: 'lockRefused', code, detail }, failed)
  if (step === 'releaseEscrow' && state === 'releasing' && attempt === progress.attempts.release)
    return happened([{ type: 'releaseRefused', code, detail }], failed)
  if (step === 'refundEscrow' && state === 'refunding' && attempt === progress.attempts.refund)
    return happened([{ type: 'refundRefused', code, detail }], failed)
  return readDepositRefusal(transfer, input, nowMs)
}

const readDeposit = (transfer: Transfer, input: Extract<Input, { type: 'depositFact' }>): Reading => {
  const reading = readDepositFact(transfer, input)
  if (transfer.state !== 'locked' || !('events' in reading)) return reading
  // The deposit went back while nothing was released for it yet.
  if (!reading.events.some(event => event.type === 'depositRefunded')) return reading
  return { ...reading, events: [...reading.events, { type: 'compensationStarted', reason: 'deposit_refunded' }] }
}

const readFinality = (
  transfer: Transfer,
  { kind, fact }: Extract<Input, { type: 'finalityReached' }>,
  nowMs: number,
): Reading => {
  const { state, progress } = transfer
  switch (kind) {
    case 'lock':
      if (state !== 'locked' || progress.lock?.fact !== fact) return nothing('not waiting for it')
      return happened(afterLock(transfer, nowMs))
    case 'release':
      if (state !== 'released' || progress.release?.fact !== fact) return nothing('not waiting for it')
      return happened([{ type: 'releaseFinalized' }, ...afterDelivery(transfer)], ...abandoned(progress))
    case 'refund':
      if (state !== 'refunded' || progress.refund?.fact !== fact) return nothing('not waiting for it')
      return ended(progress, { type: 'refundFinalized' })
    default:
      return readDepositFinality(transfer, kind, fact, nowMs, () => holdBegins(transfer, nowMs))
  }
}

/** The deposit is committed for good, and the treasury's escrow is to be locked: its deadlines count from here. */
const holdBegins = ({ terms: { hold } }: Transfer, nowMs: number): TransferEvent => {
  const refundAfterMs = nowMs + hold.softDeadlineMs
  return {
    type: 'commitFinalized',
    refundAfter: Math.floor(refundAfterMs / 1000),
    hardDeadline: Math.floor((refundAfterMs + hold.hardDeadlineMs) / 1000),
  }
}

/** The last decision before the pivot: deliver, or turn back. */
const afterLock = (transfer: Transfer, nowMs: number): TransferEvent[] => {
  const { progress } = transfer
  if (reasonToTurnBack(progress) !== undefined) return ifToTurnBack(progress)
  const refundAfterMs = (progress.holdDeadlines?.refundAfter ?? 0) * 1000
  if (nowMs + releaseMarginMs >= refundAfterMs || isTooLateToAct(transfer, nowMs))
    return [{ type: 'compensationStarted', reason: 'deadline_passed' }]
  return [{ type: 'lockFinalized' }]
}

/** The customer has what he bought: the deposit is collected, unless it is ours already or his again. */
const afterDelivery = ({ progress, terms }: Transfer): TransferEvent[] => {
  if (progress.deposit?.refunded) return [{ type: 'receivableOpened' }]
  return terms.deposit.committedBy === 'balance' ? collected({ progress }) : []
}

const readDeadline = (transfer: Transfer, kind: Extract<Input, { type: 'deadlineReached' }>['kind'], nowMs: number): Reading => {
  switch (kind) {
    case 'retryRelease':
    case 'retryRefund':
      return readHoldRetry(transfer, kind)
    default:
      return readDepositDeadline(transfer, kind, nowMs)
  }
}
