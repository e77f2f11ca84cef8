import { backOffMs, endOf, none, noTimer, waitFor } from '../asking.ts'
import type { Effects } from '../decision.ts'
import { depositEffects, noRetryOfCommit } from '../deposit/effects.ts'
import { depositPostings } from '../deposit/entries.ts'
import type { TransferEvent } from '../event.ts'
import { type State, targetOf } from '../state.ts'
import { isMinted } from '../terms.ts'
import type { Transfer, TransferOf } from '../transfer.ts'
import { holdPostings } from './entries.ts'

type Crosschain = TransferOf<'crosschain'>
type Asked = Omit<Effects, 'entries' | 'liquidity'>

/** What an event of a crosschain transfer asks for. `after` is the transfer as the whole step leaves it, so that a wish that is already void is not made. */
export const crosschainEffects = (before: Crosschain, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const liquidity = liquidityOf(before, event)
  const postings = [...depositPostings(before, event), ...holdPostings(before, event, isFreed(before, event))]
  const booked = postings.filter(({ amount }) => amount.minor !== 0n)
  return {
    ...askedBy(before, event, after, nowMs),
    entries: booked.length > 0 ? [{ kind: event.type, postings: booked }] : [],
    // What is minted was never promised out of a pool.
    ...(liquidity === undefined || isMinted(before.terms) ? {} : { liquidity }),
  }
}

const askedBy = (before: Crosschain, event: TransferEvent, after: Transfer, nowMs: number): Asked => {
  const { intents, timers, waits } = depositEffects(before, event, after, nowMs)
  const deposit: Asked = { intents, timers, waits }
  const { attempts } = after.progress
  switch (event.type) {
    case 'transferRequested':
      return { ...none, intents: [{ step: 'screen', attempt: 0 }] }
    case 'liquidityReserved':
    case 'mintPlanned':
      return { ...none, timers: [{ kind: 'deposit', dueAtMs: Date.parse(before.terms.deposit.dueAt) }] }
    case 'commitFinalized':
      return before.state === 'committed' ? { ...deposit, intents: [{ step: 'lockEscrow', attempt: 0 }] } : deposit
    case 'escrowLocked':
      return { ...none, waits: after.state === 'locked' ? [waitFor('lock', event)] : [] }
    case 'lockOrphaned':
      return {
        ...none,
        waits: [endOf('lock')],
        timers: before.state === 'refunding' ? [noTimer('retryRefund')] : [],
      }
    case 'lockFinalized':
      return { ...none, waits: [endOf('lock')], intents: [{ step: 'releaseEscrow', attempt: attempts.release }] }
    case 'escrowReleased':
      return {
        ...none,
        waits: [waitFor('release', event)],
        timers: [noTimer('retryRelease'), ...(before.state === 'refunding' ? [noTimer('retryRefund')] : [])],
      }
    case 'releaseOrphaned':
      return { ...none, waits: [endOf('release')] }
    case 'releaseRefused':
      return { ...none, timers: [{ kind: 'retryRelease', dueAtMs: nowMs + backOffMs(attempts.release) }] }
    case 'releaseRetried':
      return { ...none, timers: [noTimer('retryRelease')], intents: [{ step: 'releaseEscrow', attempt: attempts.release }] }
    case 'releaseFinalized':
      return {
        waits: [endOf('release'), ...endOfCommit(before)],
        timers: [...noRetryOfCommit(before), ...timers],
        intents: after.state === 'collecting' ? [{ step: 'releaseDeposit', attempt: 0 }] : [],
      }
    case 'compensationStarted':
      if (before.state !== 'locked') return deposit
      return { ...none, waits: [endOf('lock')], intents: [{ step: 'refundEscrow', attempt: attempts.refund }] }
    case 'escrowRefunded':
      return {
        ...none,
        waits: [endOf('lock'), waitFor('refund', event)],
        timers: [noTimer('retryRelease'), noTimer('retryRefund')],
      }
    case 'refundOrphaned':
      return { ...none, waits: [endOf('refund')] }
    case 'refundRefused':
      return { ...none, timers: [{ kind: 'retryRefund', dueAtMs: nowMs + backOffMs(attempts.refund) }] }
    case 'refundRetried':
      return { ...none, timers: [noTimer('retryRefund')], intents: [{ step: 'refundEscrow', attempt: attempts.refund }] }
    case 'lockRefused':
      return givingBack(before, after, deposit)
    case 'refundFinalized': {
      const asked = givingBack(before, after, deposit)
      return { ...asked, waits: [endOf('refund'), ...asked.waits] }
    }
    case 'escrowClawedBack': {
      const asked = givingBack(before, after, deposit)
      return {
        ...asked,
        waits: [endOf('lock'), endOf('release'), endOf('refund'), ...asked.waits],
        timers: [noTimer('retryRelease'), noTimer('retryRefund'), ...asked.timers],
      }
    }
    default:
      return deposit
  }
}

/** Nothing is left of the treasury's escrow. A commit that was to be made again is void as well. */
const givingBack = (before: Crosschain, after: Transfer, { timers }: Asked): Asked => ({
  waits: endOfCommit(before),
  timers: [...noRetryOfCommit(before), ...timers],
  intents:
    after.state === 'refundingDeposit' ? [{ step: 'refundDeposit', attempt: after.progress.attempts.depositRefund ?? 0 }] : [],
})

const endOfCommit = ({ progress }: Crosschain) => (progress.commit && !progress.committed ? [endOf('commit')] : [])

// As long as the treasury's escrow may still be paid out of it.
const promised: readonly State[] = [
  ...(['awaitingDeposit', 'deposited', 'committing', 'committed', 'locking', 'locked'] as const),
  ...(['releasing', 'released', 'refunding', 'refunded'] as const),
]

const isFreed = ({ state }: Crosschain, event: TransferEvent): boolean =>
  promised.includes(state) && !promised.includes(targetOf('crosschain', state, event.type)!)

const liquidityOf = (before: Crosschain, event: TransferEvent): Effects['liquidity'] => {
  switch (event.type) {
    case 'liquidityReserved':
      return 'reserve'
    case 'releaseFinalized':
    case 'escrowClawedBack':
      return 'consume'
    case 'deliveryReclaimed':
      return 'restore'
    default:
      return isFreed(before, event) ? 'free' : undefined
  }
}
