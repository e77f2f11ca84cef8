import { backOffMs, endOf, none, waitFor } from '../asking.ts'
import type { Effects, IntentWish } from '../decision.ts'
import type { TransferEvent } from '../event.ts'
import { isMinted } from '../terms.ts'
import type { Transfer, TransferOf } from '../transfer.ts'
import { onrampEntries } from './entries.ts'

/** What an event of an on-ramp asks for. `after` is the transfer as the whole step leaves it, so that a wish that is already void is not made. */
export const onrampEffects = (before: TransferOf<'onramp'>, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const { liquidity, ...effects } = effectsOf(before, event, after, nowMs)
  // What is minted was never promised out of a pool.
  return liquidity === undefined || isMinted(before.terms) ? effects : { ...effects, liquidity }
}

const effectsOf = (before: TransferOf<'onramp'>, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const entries = onrampEntries(before, event)
  const { attempts } = after.progress
  const when = (state: Transfer['state'], wish: IntentWish): readonly IntentWish[] => (after.state === state ? [wish] : [])
  switch (event.type) {
    case 'transferRequested':
      return { ...none, intents: [{ step: 'screen', attempt: 0 }] }
    case 'liquidityReserved':
      return { ...none, entries, liquidity: 'reserve', intents: [{ step: 'debitFiat', attempt: 0 }] }
    case 'mintPlanned':
      return { ...none, entries, intents: [{ step: 'debitFiat', attempt: 0 }] }
    case 'debitRefused':
      return { ...none, entries, liquidity: 'free' }
    case 'debitSettled':
      return { ...none, entries, intents: when('locking', { step: 'lockEscrow', attempt: 0 }) }
    case 'escrowLocked':
      return { ...none, entries, waits: after.state === 'locked' ? [waitFor('lock', event)] : [] }
    case 'lockOrphaned':
      return {
        ...none,
        entries,
        waits: [endOf('lock')],
        timers: [
          { kind: 'clearing', dueAtMs: null },
          ...(before.state === 'refunding' ? [{ kind: 'retryRefund', dueAtMs: null } as const] : []),
        ],
      }
    case 'lockRefused':
      return { ...none, entries, liquidity: 'free', intents: when('crediting', { step: 'creditFiat', attempt: 0 }) }
    case 'lockFinalized':
      return {
        ...none,
        entries,
        waits: [endOf('lock')],
        timers: after.state === 'clearing' ? [{ kind: 'clearing', dueAtMs: Date.parse(after.progress.debit!.finalAt!) }] : [],
      }
    case 'clearingPassed':
      return {
        ...none,
        timers: [{ kind: 'clearing', dueAtMs: null }],
        intents: [{ step: 'releaseEscrow', attempt: attempts.release }],
      }
    case 'escrowReleased':
      return {
        ...none,
        entries,
        waits: [waitFor('release', event)],
        timers: [
          { kind: 'retryRelease', dueAtMs: null },
          ...(before.state === 'refunding' ? [{ kind: 'retryRefund', dueAtMs: null } as const] : []),
        ],
      }
    case 'releaseOrphaned':
      return { ...none, waits: [endOf('release')] }
    case 'releaseFinalized':
      return { ...none, entries, liquidity: 'consume', waits: [endOf('release')] }
    case 'releaseRefused':
      return { ...none, timers: [{ kind: 'retryRelease', dueAtMs: nowMs + backOffMs(attempts.release) }] }
    case 'releaseRetried':
      return {
        ...none,
        timers: [{ kind: 'retryRelease', dueAtMs: null }],
        intents: [{ step: 'releaseEscrow', attempt: attempts.release }],
      }
    case 'compensationStarted':
      return before.state === 'locking'
        ? { ...none, entries, liquidity: 'free', intents: [{ step: 'creditFiat', attempt: 0 }] }
        : {
            ...none,
            entries,
            waits: [endOf('lock')],
            timers: [
              { kind: 'clearing', dueAtMs: null },
              ...(before.state === 'releasing' ? [{ kind: 'retryRelease', dueAtMs: null } as const] : []),
            ],
            intents: [{ step: 'refundEscrow', attempt: attempts.refund }],
          }
    case 'escrowRefunded':
      return {
        ...none,
        waits: [endOf('lock'), waitFor('refund', event)],
        timers: [
          { kind: 'clearing', dueAtMs: null },
          { kind: 'retryRelease', dueAtMs: null },
          { kind: 'retryRefund', dueAtMs: null },
        ],
      }
    case 'refundOrphaned':
      return { ...none, waits: [endOf('refund')] }
    case 'refundRefused':
      return { ...none, timers: [{ kind: 'retryRefund', dueAtMs: nowMs + backOffMs(attempts.refund) }] }
    case 'refundRetried':
      return {
        ...none,
        timers: [{ kind: 'retryRefund', dueAtMs: null }],
        intents: [{ step: 'refundEscrow', attempt: attempts.refund }],
      }
    case 'refundFinalized':
      return {
        ...none,
        entries,
        liquidity: 'free',
        waits: [endOf('refund')],
        intents: when('crediting', { step: 'creditFiat', attempt: 0 }),
      }
    case 'escrowClawedBack':
      return {
        ...none,
        entries,
        liquidity: 'consume',
        waits: [endOf('lock'), endOf('release'), endOf('refund')],
        timers: [
          { kind: 'clearing', dueAtMs: null },
          { kind: 'retryRelease', dueAtMs: null },
          { kind: 'retryRefund', dueAtMs: null },
        ],
        intents: when('crediting', { step: 'creditFiat', attempt: 0 }),
      }
    case 'creditOwed':
      // What was wished for before is wished for again under its key.
      return before.progress.credit !== undefined ? none : { ...none, intents: [{ step: 'creditFiat', attempt: 0 }] }
    case 'deliveryReclaimed':
      return { ...none, entries, liquidity: 'restore' }
    default:
      return { ...none, entries }
  }
}
