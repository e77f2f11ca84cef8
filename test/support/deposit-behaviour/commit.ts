import { describe, it } from 'vitest'
import { given } from '../given.ts'
import {
  commitPlace,
  commitRefused,
  depositHardDeadlineMs,
  depositLocked,
  depositRefundAfterMs,
  escrowCommitted,
} from '../offramp.ts'
import { place, settledAtMs } from '../onramp.ts'
import { type DepositRoute, entryOf } from './route.ts'
import {
  commitOrphaned,
  deadline,
  depositOrphaned,
  elsewhere,
  final,
  included,
  lastChanceMs,
  orphaned,
  paidIn,
  refusal,
} from './telling.ts'

/** How every route that begins with a deposit commits it. */
export const commitsItsDeposit = <R extends 'offramp' | 'crosschain'>({
  make,
  history,
  freed,
  next,
  underWay,
}: DepositRoute<R>) => {
  describe('the commit', () => {
    it('is waited for until it is final', () => {
      given(make(), history.committing)
        .when(included('escrowCommitted', commitPlace))
        .then([escrowCommitted], {
          state: 'committed',
          answered: ['commitEscrow SUCCEEDED'],
          waits: { commit: commitPlace.fact },
        })
    })

    it('is evidence of the deposit when its news come first', () => {
      given(make(), history.awaitingDeposit)
        .when(included('escrowCommitted', commitPlace))
        .then([{ ...depositLocked, ...commitPlace }, escrowCommitted], {
          state: 'committed',
          timers: { deposit: null },
          waits: { deposit: commitPlace.fact, commit: commitPlace.fact },
        })
      given(make(), history.deposited)
        .when(included('escrowCommitted', commitPlace))
        .then([escrowCommitted], { state: 'committed', waits: { commit: commitPlace.fact } })
      given(make(), [...history.committed, depositOrphaned])
        .when(final('commit', commitPlace))
        .then([{ ...depositLocked, ...commitPlace }, 'depositFinalized', 'commitFinalized'], {
          state: next.state,
          entries: [paidIn],
          intents: [next.intent],
          timers: { deposit: null },
          waits: { deposit: null, commit: null },
        })
    })

    it('lets what was promised get under way when it is final', () => {
      given(make(), history.committed)
        .when(final('commit', commitPlace))
        .then(['commitFinalized'], { state: next.state, intents: [next.intent], waits: { commit: null } })
    })

    it('books the deposit as well where that was not final before it', () => {
      given(make(), [...history.deposited, escrowCommitted])
        .when(final('commit', commitPlace))
        .then(['depositFinalized', 'commitFinalized'], {
          state: next.state,
          entries: [paidIn],
          intents: [next.intent],
          waits: { deposit: null, commit: null },
        })
    })

    it('is too late when anybody might refund before the payout could be collected', () => {
      given(make(), history.committed)
        .when(final('commit', commitPlace), depositHardDeadlineMs - 3_600_000)
        .then([{ type: 'compensationStarted', reason: 'deadline_passed' }], {
          state: 'refundingDeposit',
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          waits: { commit: null },
          liquidity: 'free',
        })
    })

    it('is wished again later when the chain refuses it', () => {
      given(make(), history.committing)
        .when(refusal('commitEscrow'))
        .then([commitRefused], {
          state: 'committing',
          answered: ['commitEscrow FAILED'],
          timers: { retryCommit: settledAtMs + 2_000 },
        })
      given(make(), [...history.committing, commitRefused])
        .when(deadline('retryCommit'))
        .then(['commitRetried'], { state: 'committing', intents: ['commitEscrow 1'], timers: { retryCommit: null } })
      given(make(), [...history.committing, commitRefused, { type: 'commitRetried' }])
        .when(refusal('commitEscrow'))
        .thenNothing()
      given(make(), history.committed).when(deadline('retryCommit')).thenNothing()
      given(make(), history.committed).when(refusal('commitEscrow')).thenNothing()
    })

    it('turns back when the chain refuses it until it is too late', () => {
      const back = { type: 'compensationStarted', reason: 'deadline_passed' } as const
      given(make(), history.committing)
        .when(refusal('commitEscrow'), depositRefundAfterMs)
        .then([commitRefused, back], {
          state: 'refundingDeposit',
          answered: ['commitEscrow FAILED'],
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          timers: { retryCommit: null },
          liquidity: 'free',
        })
      given(make(), [...history.committing, commitRefused])
        .when(deadline('retryCommit'), depositRefundAfterMs)
        .then([back], {
          state: 'refundingDeposit',
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          timers: { retryCommit: null },
          liquidity: 'free',
        })
      given(make(), [...history.refundingDeposit])
        .when(deadline('retryCommit'))
        .thenNothing()
    })

    it('is sent again when a reorg takes it back', () => {
      given(make(), history.committed)
        .when(orphaned('escrowCommitted', commitPlace))
        .then([commitOrphaned], { state: 'committing', answered: ['commitEscrow IN_FLIGHT'], waits: { commit: null } })
      given(make(), history.committed)
        .when(included('escrowCommitted', elsewhere(commitPlace)))
        .then([commitOrphaned, 'escrowCommitted'], { state: 'committed', waits: { commit: commitPlace.fact } })
      given(make(), history.committed).when(included('escrowCommitted', commitPlace)).thenNothing()
      given(make(), history.committed)
        .when(orphaned('escrowCommitted', place('c9')))
        .thenNothing()
    })

    it('is wished for where it came as a payment, and the chain forgets it', () => {
      given(make(), [...history.deposited, escrowCommitted])
        .when(orphaned('escrowCommitted', commitPlace))
        .then([commitOrphaned, 'commitRetried'], {
          state: 'committing',
          intents: ['commitEscrow 1'],
          timers: { retryCommit: null },
          waits: { commit: null },
        })
      given(make(), [...history.deposited, escrowCommitted, commitOrphaned, escrowCommitted])
        .when(orphaned('escrowCommitted', commitPlace))
        .then([commitOrphaned, 'commitRetried'], {
          state: 'committing',
          intents: ['commitEscrow 1'],
          timers: { retryCommit: null },
          waits: { commit: null },
        })
    })

    it('waits for a deposit that the chain has forgotten too', () => {
      given(make(), [...history.committed, depositOrphaned])
        .when(orphaned('escrowCommitted', commitPlace))
        .then([commitOrphaned], {
          state: 'committing',
          answered: ['commitEscrow IN_FLIGHT'],
          timers: { deposit: lastChanceMs },
          waits: { commit: null },
        })
      given(make(), [...history.committing, depositOrphaned])
        .when(included('escrowCommitted', commitPlace))
        .then([escrowCommitted], {
          state: 'committed',
          answered: ['commitEscrow SUCCEEDED'],
          timers: { deposit: null },
          waits: { commit: commitPlace.fact },
        })
    })

    it.each(underWay)('is made again while what was promised for it is under way: %s', state => {
      const gone = [...history[state]!, commitOrphaned]
      given(make(), history[state]!)
        .when(orphaned('escrowCommitted', commitPlace))
        .then([commitOrphaned], { state, answered: ['commitEscrow IN_FLIGHT'], waits: { commit: null } })
      given(make(), gone)
        .when(included('escrowCommitted', commitPlace))
        .then([escrowCommitted], { state, answered: ['commitEscrow SUCCEEDED'], waits: { commit: commitPlace.fact } })
      given(make(), [...gone, escrowCommitted])
        .when(final('commit', commitPlace))
        .then(['commitFinalized'], { state, waits: { commit: null } })
      given(make(), gone)
        .when(refusal('commitEscrow'))
        .then([commitRefused], {
          state,
          answered: ['commitEscrow FAILED'],
          timers: { retryCommit: settledAtMs + 2_000 },
        })
      given(make(), [...gone, commitRefused])
        .when(deadline('retryCommit'))
        .then(['commitRetried'], { state, intents: ['commitEscrow 1'], timers: { retryCommit: null } })
    })
  })
}
