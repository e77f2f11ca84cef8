import { backOffMs, endOf, none, noTimer, waitFor } from '../asking.ts'
import type { Effects, IntentWish } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { type State, targetOf } from '../state.ts'
import type { Transfer } from '../transfer.ts'
import type { Depositing } from './depositing.ts'
import { depositPostings } from './entries.ts'

type Asked = Omit<Effects, 'entries'>

/** What an event of the customer's own escrow asks for, whatever the route. `after` is the transfer as the whole step leaves it. */
export const depositEffects = (before: Depositing, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const postings = depositPostings(before, event).filter(({ amount }) => amount.minor !== 0n)
  const entries = postings.length > 0 ? [{ kind: event.type, postings }] : []
  const asked = askedBy(before, event, after, nowMs)
  return { ...asked, timers: [...asked.timers, ...ifMissing(before, event)], entries }
}

const askedBy = (before: Depositing, event: TransferEvent, after: Transfer, nowMs: number): Asked => {
  const { progress } = before
  const { attempts } = after.progress
  const commit: IntentWish = { step: 'commitEscrow', attempt: attempts.commit ?? 0 }
  const release: IntentWish = { step: 'releaseDeposit', attempt: attempts.depositRelease ?? 0 }
  const refund: IntentWish = { step: 'refundDeposit', attempt: attempts.depositRefund ?? 0 }
  switch (event.type) {
    case 'transferCanceled':
      return { ...none, timers: before.state === 'awaitingDeposit' ? [noTimer('deposit')] : [] }
    case 'depositLocked':
      // One that came early waits for its screening.
      if (before.state === 'requested') return none
      return {
        ...none,
        waits: progress.deposit?.booked || after.progress.deposit?.refund ? [] : [waitFor('deposit', event)],
        timers: [noTimer('deposit')],
        intents: isEnd(before.state) && progress.wishes?.depositRefund === undefined ? [refund] : [],
      }
    case 'depositOrphaned':
      if (before.state === 'requested') return none
      return {
        ...none,
        waits: [endOf('deposit')],
        timers: awaits.includes(targetOf(before.route, before.state, event.type)!) ? [lastChance(before)] : [],
      }
    case 'depositFinalized':
      return { ...none, waits: [endOf('deposit')], intents: before.state === 'deposited' ? [commit] : [] }
    case 'depositExpired':
    case 'depositClawedBack':
      return before.state === 'requested' ? none : { ...none, ...nothingMore }
    case 'escrowCommitted':
      return before.state === 'requested'
        ? none
        : { ...none, waits: [waitFor('commit', event)], timers: [...noRetryOfCommit(before), ...foundAfterAll(before)] }
    case 'commitOrphaned':
      return before.state === 'requested' ? none : { ...none, waits: [endOf('commit')] }
    case 'commitFinalized':
      return { ...none, waits: [endOf('commit')] }
    case 'commitRefused':
      return { ...none, timers: [{ kind: 'retryCommit', dueAtMs: nowMs + backOffMs(attempts.commit ?? 0) }] }
    case 'commitRetried':
      return { ...none, timers: [noTimer('retryCommit')], intents: [commit] }
    case 'compensationStarted':
      return {
        ...none,
        waits: progress.commit && !progress.committed ? [endOf('commit')] : [],
        timers: noRetryOfCommit(before),
        intents: after.state === 'refundingDeposit' ? [refund] : [],
      }
    case 'depositReleased':
      return {
        ...none,
        waits: [waitFor('depositRelease', event)],
        timers: [noTimer('retryDepositRelease'), ...foundAfterAll(before)],
      }
    case 'depositReleaseOrphaned':
    case 'depositReleaseFinalized':
      return { ...none, waits: [endOf('depositRelease')] }
    case 'depositReleaseRefused':
      return { ...none, timers: [{ kind: 'retryDepositRelease', dueAtMs: nowMs + backOffMs(release.attempt) }] }
    case 'depositReleaseRetried':
      return { ...none, timers: [noTimer('retryDepositRelease')], intents: [release] }
    case 'depositRefunded':
      if (before.state === 'requested') return none
      return targetOf(before.route, before.state, event.type) === 'refundedDeposit'
        ? {
            ...none,
            waits: [endOf('deposit'), endOf('commit'), waitFor('depositRefund', event)],
            timers: [noTimer('deposit'), noTimer('retryCommit'), noTimer('retryDepositRefund')],
          }
        : { ...none, waits: [waitFor('depositRefund', event)] }
    case 'depositRefundOrphaned':
      return before.state === 'requested' ? none : { ...none, waits: [endOf('depositRefund')] }
    case 'depositRefundFinalized':
      return { ...none, waits: [...(before.state === 'refundedDeposit' ? [] : [endOf('deposit')]), endOf('depositRefund')] }
    case 'depositRefundRefused':
      return { ...none, timers: [{ kind: 'retryDepositRefund', dueAtMs: nowMs + backOffMs(refund.attempt) }] }
    case 'depositRefundRetried':
      return { ...none, timers: [noTimer('retryDepositRefund')], intents: [refund] }
    case 'receivableOpened':
      return before.state === 'collecting' ? { ...none, ...nothingMore } : none
    default:
      return none
  }
}

const isEnd = (state: Depositing['state']) => state === 'failed' || state === 'canceled'

const nothingMore: Pick<Effects, 'timers' | 'waits'> = {
  timers: [noTimer('deposit'), noTimer('retryCommit'), noTimer('retryDepositRelease'), noTimer('retryDepositRefund')],
  waits: [endOf('deposit'), endOf('commit'), endOf('depositRefund')],
}

// So long the news of a deposit may be under way.
const newsMarginMs = 600_000

/** From `refundAfter` on no chain takes the deposit any more; until then what came in time may well be mined again. */
const lastChance = ({ terms }: Depositing) =>
  ({ kind: 'deposit', dueAtMs: terms.deposit.terms.refundAfter * 1000 + newsMarginMs }) as const

const awaits: readonly State[] = ['awaitingDeposit', 'committing', 'collecting', 'refundingDeposit']

const isMissing = ({ progress: { deposit } }: Depositing) => deposit?.lock === undefined && deposit?.refund === undefined

/** Where a transfer gets to a state that can only be left with a deposit, and the chain has forgotten it. */
const ifMissing = (before: Depositing, event: TransferEvent): Effects['timers'] => {
  const target = targetOf(before.route, before.state, event.type)!
  if (target === 'awaitingDeposit' || !awaits.includes(target)) return []
  if (event.type === 'depositRefundOrphaned') return before.progress.deposit?.lock === undefined ? [lastChance(before)] : []
  return target !== before.state && event.type !== 'depositLocked' && isMissing(before) ? [lastChance(before)] : []
}

// It stands on the chain, since nothing could stand on it otherwise.
const foundAfterAll = (before: Depositing) => (isMissing(before) ? [noTimer('deposit')] : [])

export const noRetryOfCommit = ({ progress: { wishes, commit } }: Depositing): Effects['timers'] =>
  wishes?.commit === 'refused' && commit === undefined ? [noTimer('retryCommit')] : []
