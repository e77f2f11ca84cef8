import { describe, it } from 'vitest'
import { given } from '../given.ts'
import {
  commitPlace,
  depositLocked,
  depositRefundAfterMs,
  depositRefunded,
  dueAtMs,
  escrowCommitted,
  giveBackPlace,
  lockPlace,
} from '../offramp.ts'
import { place } from '../onramp.ts'
import { type DepositRoute, entryOf } from './route.ts'
import {
  cancel,
  commitOrphaned,
  deadline,
  depositOrphaned,
  elsewhere,
  final,
  included,
  lastChanceMs,
  nothingMore,
  orphaned,
  paidBack,
  paidIn,
  refusal,
  screened,
} from './telling.ts'

/** How every route that begins with a deposit waits for it. */
export const waitsForItsDeposit = <R extends 'offramp' | 'crosschain'>({
  make,
  history,
  reservedMinor,
  reserved,
  freed,
  underWay,
}: DepositRoute<R>) => {
  describe('a deposit that comes before its transfer is screened', () => {
    const early = [...history.requested, depositLocked]

    it('is remembered, and counts from the screening on', () => {
      given(make(), history.requested).when(included('escrowLocked')).then([depositLocked], { state: 'requested' })
      given(make(), early)
        .when(screened(reservedMinor))
        .then(['screeningPassed', 'liquidityReserved', depositLocked], {
          state: 'deposited',
          answered: ['screen SUCCEEDED'],
          entries: entryOf(reserved),
          timers: { deposit: null },
          waits: { deposit: lockPlace.fact },
          liquidity: 'reserve',
        })
    })

    it.each([
      ['is refused', refusal('screen'), ['screeningRefused', depositLocked], 'screen FAILED'],
      ['has no liquidity', screened(0n), ['screeningPassed', 'liquidityRefused', depositLocked], 'screen SUCCEEDED'],
      ['is canceled', cancel, ['transferCanceled', depositLocked], 'screen FAILED'],
    ] as const)('goes back when the transfer %s', (_how, input, events, answer) => {
      given(make(), early)
        .when(input)
        .then([...events], {
          state: 'refundingDeposit',
          answered: [answer],
          intents: ['refundDeposit'],
          timers: { deposit: null },
          waits: { deposit: lockPlace.fact },
        })
    })

    it('may be gone by then', () => {
      given(make(), early).when(orphaned('escrowLocked')).then([depositOrphaned], { state: 'requested' })
      given(make(), [...early, depositOrphaned])
        .when(screened(reservedMinor))
        .then(['screeningPassed', 'liquidityReserved'], {
          state: 'awaitingDeposit',
          answered: ['screen SUCCEEDED'],
          entries: entryOf(reserved),
          timers: { deposit: dueAtMs },
          liquidity: 'reserve',
        })
    })

    it('may be committed by then, where it came as a payment', () => {
      const paid = () => make('balance')
      given(paid(), early).when(included('escrowReleased', commitPlace)).then([escrowCommitted], { state: 'requested' })
      given(paid(), [...early, escrowCommitted])
        .when(included('escrowReleased', commitPlace))
        .thenNothing()
      given(paid(), [...early, escrowCommitted])
        .when(orphaned('escrowReleased', commitPlace))
        .then([commitOrphaned], { state: 'requested' })
      given(paid(), [...history.requested, escrowCommitted])
        .when(screened(reservedMinor))
        .then(['screeningPassed', 'liquidityReserved', { ...depositLocked, ...commitPlace }, escrowCommitted], {
          state: 'committed',
          answered: ['screen SUCCEEDED'],
          entries: entryOf(reserved),
          timers: { deposit: null },
          waits: { deposit: commitPlace.fact, commit: commitPlace.fact },
          liquidity: 'reserve',
        })
    })

    it('may be refunded by then, and the transfer does not start', () => {
      const refunded = [...early, depositRefunded]
      given(make(), early).when(included('escrowRefunded', giveBackPlace)).then([depositRefunded], { state: 'requested' })
      given(make(), refunded)
        .when(orphaned('escrowRefunded', giveBackPlace))
        .then(['depositRefundOrphaned'], { state: 'requested' })
      given(make(), refunded)
        .when(screened(reservedMinor))
        .then(['screeningPassed', { type: 'liquidityRefused', code: 'deposit_expired' }, depositRefunded], {
          state: 'refundedDeposit',
          answered: ['screen SUCCEEDED'],
          timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
          waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        })
    })

    it('may be its issuer’s by then', () => {
      const taken = { type: 'depositClawedBack', ...place('50') } as const
      given(make(), early)
        .when(included('escrowClawedBack', place('50')))
        .then([taken], { state: 'requested' })
      given(make(), [...early, taken])
        .when(screened(reservedMinor))
        .then(['screeningPassed', 'liquidityRefused'], { state: 'failed', answered: ['screen SUCCEEDED'] })
    })
  })

  describe('the deposit', () => {
    it.each(['escrowLocked', 'depositReceived'] as const)('is waited for until it is final: %s', kind => {
      given(make(), history.awaitingDeposit)
        .when(included(kind))
        .then([depositLocked], { state: 'deposited', timers: { deposit: null }, waits: { deposit: lockPlace.fact } })
    })

    it('is committed when it is final', () => {
      given(make(), history.deposited)
        .when(final('deposit'))
        .then(['depositFinalized'], {
          state: 'committing',
          entries: [paidIn],
          intents: ['commitEscrow'],
          waits: { deposit: null },
        })
    })

    it('goes back when it is final too late to be committed before anybody may refund it', () => {
      given(make(), history.deposited)
        .when(final('deposit'), depositRefundAfterMs - 60_000)
        .then([{ type: 'compensationStarted', reason: 'deadline_passed' }, 'depositFinalized'], {
          state: 'refundingDeposit',
          entries: [...entryOf(freed), paidIn],
          intents: ['refundDeposit'],
          waits: { deposit: null },
          liquidity: 'free',
        })
    })

    it('is waited for again when the chain forgets it, for as long as it can be mined again', () => {
      given(make(), history.deposited)
        .when(orphaned('escrowLocked'))
        .then([depositOrphaned], {
          state: 'awaitingDeposit',
          timers: { deposit: lastChanceMs },
          waits: { deposit: null },
        })
    })

    it('may stand in another block', () => {
      const moved = elsewhere(lockPlace)
      given(make(), history.deposited)
        .when(included('escrowLocked', moved))
        .then([{ ...depositLocked, ...moved }], { state: 'deposited', timers: { deposit: null }, waits: { deposit: moved.fact } })
      given(make(), history.deposited).when(included('escrowLocked')).thenNothing()
      given(make(), history.deposited)
        .when(orphaned('escrowLocked', place('d9')))
        .thenNothing()
      given(make(), history.deposited)
        .when(final('deposit', place('d9')))
        .thenNothing()
    })

    it.each(['committing', 'committed', 'collecting', 'collected', 'refundingDeposit', ...underWay] as const)(
      'may be gone and come again when the transfer is %s',
      state => {
        const before = history[state]!
        const gone = [...before, depositOrphaned]
        const awaited = state === 'committing' || state === 'collecting' || state === 'refundingDeposit'
        given(make(), before)
          .when(orphaned('escrowLocked'))
          .then([depositOrphaned], {
            state,
            entries: [paidBack],
            timers: awaited ? { deposit: lastChanceMs } : {},
            waits: { deposit: null },
          })
        given(make(), gone)
          .when(included('escrowLocked', elsewhere(lockPlace)))
          .then(['depositLocked'], { state, timers: { deposit: null }, waits: { deposit: lockPlace.fact } })
        given(make(), [...gone, depositLocked])
          .when(final('deposit'))
          .then(['depositFinalized'], { state, entries: [paidIn], waits: { deposit: null } })
        given(make(), before).when(final('deposit')).thenNothing()
      },
    )

    it('fails the transfer when nothing comes in time', () => {
      given(make(), history.awaitingDeposit)
        .when(deadline('deposit'), dueAtMs)
        .then(['depositExpired'], {
          state: 'failed',
          entries: entryOf(freed),
          ...nothingMore,
          liquidity: 'free',
        })
      given(make(), history.deposited).when(deadline('deposit')).thenNothing()
      given(make(), [...history.committed, depositOrphaned])
        .when(deadline('deposit'))
        .thenNothing()
    })

    it('fails the transfer when it is gone for good', () => {
      given(make(), [...history.committing, depositOrphaned])
        .when(deadline('deposit'))
        .then(['depositExpired'], {
          state: 'failed',
          answered: ['commitEscrow FAILED'],
          entries: entryOf(freed),
          ...nothingMore,
          liquidity: 'free',
        })
      given(make(), [...history.refundingDeposit, depositOrphaned])
        .when(deadline('deposit'))
        .then(['depositExpired'], { state: 'failed', answered: ['refundDeposit FAILED'], ...nothingMore })
    })

    it.each(['failed', 'canceled'] as const)('goes back when it comes late: %s', state => {
      given(make(), history[state])
        .when(included('escrowLocked'))
        .then([depositLocked], {
          state: 'refundingDeposit',
          intents: ['refundDeposit'],
          timers: { deposit: null },
          waits: { deposit: lockPlace.fact },
        })
      given(make(), history[state])
        .when(included('escrowRefunded', giveBackPlace))
        .then([depositRefunded], {
          state: 'refundedDeposit',
          timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
          waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        })
      given(make(), history[state]).when(orphaned('escrowLocked')).thenNothing()
    })

    it('is given back under a new key when the old wish ended without it', () => {
      given(make(), [...history.refundingDeposit, depositOrphaned, { type: 'depositExpired' }])
        .when(included('escrowLocked'))
        .then([depositLocked, 'depositRefundRetried'], {
          state: 'refundingDeposit',
          intents: ['refundDeposit 1'],
          timers: { deposit: null, retryDepositRefund: null },
          waits: { deposit: lockPlace.fact },
        })
    })

    it.each(['completed', 'compensated', 'review'] as const)('counts once: %s', state => {
      given(make(), history[state])
        .when(included('escrowLocked', place('d2')))
        .thenNothing()
      given(make(), history[state]).when(orphaned('escrowLocked')).thenNothing()
      given(make(), history[state])
        .when(included('escrowRefunded', place('f2')))
        .thenNothing()
    })
  })
}
