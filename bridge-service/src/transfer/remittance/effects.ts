import { backOffMs, endOf, none, noTimer, waitFor } from '../asking.ts'
import type { Effects, IntentWish } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { isMinted } from '../terms.ts'
import type { Transfer, TransferOf } from '../transfer.ts'
import { remittanceEntries } from './entries.ts'

type Remittance = TransferOf<'remittance'>

/** What an event of a remittance asks for. `after` is the transfer as the whole step leaves it, so that a wish that is already void is not made. */
export const remittanceEffects = (before: Remittance, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const { liquidity, ...effects } = effectsOf(before, event, after, nowMs)
  const entries = remittanceEntries(before, event)
  // What is minted was never promised out of a pool.
  return liquidity === undefined || isMinted(before.terms) ? { ...effects, entries } : { ...effects, entries, liquidity }
}

const effectsOf = (before: Remittance, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const { attempts } = after.progress
  const when = (state: Transfer['state'], wish: IntentWish): readonly IntentWish[] => (after.state === state ? [wish] : [])
  const commit: IntentWish = { step: 'commitEscrow', attempt: attempts.commit ?? 0 }
  const release: IntentWish = { step: 'releaseEscrow', attempt: attempts.release }
  const refund: IntentWish = { step: 'refundEscrow', attempt: attempts.refund }
  const credit = when('crediting', { step: 'creditFiat', attempt: 0 })
  const payOut = when('payingOut', { step: 'payoutFiat', attempt: 0 })
  switch (event.type) {
    case 'transferRequested':
      return { ...none, intents: [{ step: 'screen', attempt: 0 }] }
    case 'liquidityReserved':
      return { ...none, liquidity: 'reserve', intents: [{ step: 'debitFiat', attempt: 0 }] }
    case 'mintPlanned':
      return { ...none, intents: [{ step: 'debitFiat', attempt: 0 }] }
    case 'debitRefused':
      return { ...none, liquidity: 'free' }
    case 'debitSettled':
      return { ...none, intents: when('locking', { step: 'lockEscrow', attempt: 0 }) }
    case 'escrowLocked':
      return { ...none, waits: after.state === 'locked' ? [waitFor('lock', event)] : [] }
    case 'lockOrphaned':
      return {
        ...none,
        waits: [endOf('lock')],
        timers: [noTimer('clearing'), ...(before.state === 'refunding' ? [noTimer('retryRefund')] : [])],
      }
    case 'lockRefused':
      return { ...none, liquidity: 'free', intents: credit }
    case 'lockFinalized':
      return {
        ...none,
        waits: [endOf('lock')],
        timers: after.state === 'clearing' ? [{ kind: 'clearing', dueAtMs: Date.parse(after.progress.debit!.finalAt!) }] : [],
      }
    case 'clearingPassed':
      return { ...none, timers: [noTimer('clearing')], intents: when('committing', commit) }
    case 'commitSkipped':
      return { ...none, intents: payOut }
    case 'escrowCommitted':
      return { ...none, timers: [noTimer('retryCommit')], waits: [waitFor('commit', event)] }
    case 'commitOrphaned':
      return { ...none, waits: [endOf('commit')] }
    case 'commitRefused':
      return { ...none, timers: [{ kind: 'retryCommit', dueAtMs: nowMs + backOffMs(commit.attempt) }] }
    case 'commitRetried':
      return { ...none, timers: [noTimer('retryCommit')], intents: [commit] }
    case 'commitFinalized':
      return { ...none, waits: [endOf('commit')], intents: payOut }
    case 'payoutSettled':
      return {
        ...none,
        timers: before.state === 'refunding' ? [noTimer('retryRefund')] : [],
        intents: when('releasing', release),
      }
    case 'payoutReturnReversed':
      return { ...none, timers: before.state === 'refunding' ? [noTimer('retryRefund')] : [] }
    case 'escrowReleased':
      return before.state === 'releasing'
        ? { ...none, waits: [waitFor('release', event)], timers: [noTimer('retryRelease')] }
        : {
            ...none,
            waits: [endOf('commit'), waitFor('release', event)],
            timers: [noTimer('retryCommit'), noTimer('retryRefund')],
          }
    case 'releaseOrphaned':
      return { ...none, waits: [endOf('release')] }
    case 'releaseFinalized':
      return { ...none, liquidity: 'consume', waits: [endOf('release')] }
    case 'releaseRefused':
      return { ...none, timers: [{ kind: 'retryRelease', dueAtMs: nowMs + backOffMs(attempts.release) }] }
    case 'releaseRetried':
      return { ...none, timers: [noTimer('retryRelease')], intents: [release] }
    case 'compensationStarted':
      return before.state === 'locking'
        ? { ...none, liquidity: 'free', intents: credit }
        : { ...none, ...beforeThePayout, intents: [refund] }
    case 'escrowRefunded':
      return {
        ...none,
        waits: [...beforeThePayout.waits, waitFor('refund', event)],
        timers: [...beforeThePayout.timers, noTimer('retryRelease'), noTimer('retryRefund')],
      }
    case 'refundOrphaned':
      return { ...none, waits: [endOf('refund')] }
    case 'refundRefused':
      return { ...none, timers: [{ kind: 'retryRefund', dueAtMs: nowMs + backOffMs(attempts.refund) }] }
    case 'refundRetried':
      return { ...none, timers: [noTimer('retryRefund')], intents: [refund] }
    case 'refundFinalized':
      return { ...none, liquidity: 'free', waits: [endOf('refund')], intents: credit }
    case 'escrowClawedBack':
      return {
        ...none,
        liquidity: 'consume',
        waits: beforeThePayout.waits,
        timers: [...beforeThePayout.timers, noTimer('retryRelease'), noTimer('retryRefund')],
        intents: credit,
      }
    case 'creditOwed':
      // What was wished for before is wished for again under its key.
      return before.progress.credit !== undefined ? none : { ...none, intents: credit }
    case 'deliveryReclaimed':
      return { ...none, liquidity: 'restore' }
    default:
      return none
  }
}

/** What may be waited for between the lock and the payout. */
const beforeThePayout = {
  waits: [endOf('lock'), endOf('commit')],
  timers: [noTimer('clearing'), noTimer('retryCommit')],
} as const
