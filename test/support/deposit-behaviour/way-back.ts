import { describe, it } from 'vitest'
import type { TransferEvent } from '../../../bridge-service/src/transfer/event.ts'
import { given } from '../given.ts'
import { commitPlace, commitRefused, depositLocked, depositRefunded, escrowCommitted, giveBackPlace } from '../offramp.ts'
import { place, settledAtMs } from '../onramp.ts'
import { type DepositRoute, entryOf } from './route.ts'
import {
  cancel,
  canceled,
  deadline,
  depositOrphaned,
  elsewhere,
  final,
  included,
  lastChanceMs,
  orphaned,
  paidBack,
  refusal,
  turnedBack,
} from './telling.ts'

/** How every route that begins with a deposit gives it back. */
export const givesItsDepositBack = <R extends 'offramp' | 'crosschain'>({ make, history, freed }: DepositRoute<R>) => {
  describe('turning back', () => {
    it('gives the deposit back, and frees what was promised', () => {
      given(make(), history.deposited)
        .when(cancel)
        .then([canceled, turnedBack], {
          state: 'refundingDeposit',
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          liquidity: 'free',
        })
      given(make(), history.committed)
        .when(cancel)
        .then([canceled, turnedBack], {
          state: 'refundingDeposit',
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          waits: { commit: null },
          liquidity: 'free',
        })
    })

    it('waits for the chain’s answer to the commit', () => {
      given(make(), history.committing).when(cancel).then([canceled], { state: 'committing' })
      given(make(), [...history.committing, canceled])
        .when(included('escrowCommitted', commitPlace))
        .then([escrowCommitted, turnedBack], {
          state: 'refundingDeposit',
          answered: ['commitEscrow SUCCEEDED'],
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          waits: { commit: null },
          liquidity: 'free',
        })
      given(make(), [...history.committing, canceled])
        .when(refusal('commitEscrow'))
        .then([commitRefused, turnedBack], {
          state: 'refundingDeposit',
          answered: ['commitEscrow FAILED'],
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          timers: { retryCommit: null },
          liquidity: 'free',
        })
      given(make(), [...history.committing, commitRefused])
        .when(cancel)
        .then([canceled, turnedBack], {
          state: 'refundingDeposit',
          entries: entryOf(freed),
          intents: ['refundDeposit'],
          timers: { retryCommit: null },
          liquidity: 'free',
        })
      given(make(), history.refundingDeposit).when(included('escrowCommitted', commitPlace)).thenNothing()
    })

    it('is compensated when the refund is final', () => {
      given(make(), history.refundingDeposit)
        .when(included('escrowRefunded', giveBackPlace))
        .then([depositRefunded], {
          state: 'refundedDeposit',
          answered: ['refundDeposit SUCCEEDED'],
          timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
          waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        })
      given(make(), history.refundedDeposit)
        .when(final('depositRefund', giveBackPlace))
        .then(['depositRefundFinalized'], { state: 'compensated', entries: [paidBack], waits: { depositRefund: null } })
    })

    it('books nothing of a deposit that was never final', () => {
      given(make(), [...history.deposited, canceled, turnedBack, depositRefunded])
        .when(final('depositRefund', giveBackPlace))
        .then(['depositRefundFinalized'], { state: 'compensated', waits: { depositRefund: null } })
    })

    it('wishes a refund again later when the chain refuses it', () => {
      const refused: TransferEvent = { type: 'depositRefundRefused', code: 'chain_refused', detail: 'no' }
      given(make(), history.refundingDeposit)
        .when(refusal('refundDeposit'))
        .then([refused], {
          state: 'refundingDeposit',
          answered: ['refundDeposit FAILED'],
          timers: { retryDepositRefund: settledAtMs + 2_000 },
        })
      given(make(), [...history.refundingDeposit, refused])
        .when(deadline('retryDepositRefund'))
        .then(['depositRefundRetried'], {
          state: 'refundingDeposit',
          intents: ['refundDeposit 1'],
          timers: { retryDepositRefund: null },
        })
      given(make(), history.refundingDeposit).when(deadline('retryDepositRefund')).thenNothing()
      given(make(), history.refundedDeposit).when(refusal('refundDeposit')).thenNothing()
    })

    it('sends a refund again when a reorg takes it back, and makes it ours when it was somebody else’s', () => {
      given(make(), history.refundedDeposit)
        .when(orphaned('escrowRefunded', giveBackPlace))
        .then(['depositRefundOrphaned'], {
          state: 'refundingDeposit',
          answered: ['refundDeposit IN_FLIGHT'],
          waits: { depositRefund: null },
        })
      given(make(), [...history.deposited, depositRefunded])
        .when(orphaned('escrowRefunded', giveBackPlace))
        .then(['depositRefundOrphaned', 'depositRefundRetried'], {
          state: 'refundingDeposit',
          intents: ['refundDeposit 1'],
          timers: { retryDepositRefund: null },
          waits: { depositRefund: null },
        })
      given(make(), history.refundedDeposit)
        .when(included('escrowRefunded', elsewhere(giveBackPlace)))
        .then(['depositRefunded'], {
          state: 'refundedDeposit',
          timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
          waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        })
      given(make(), history.refundedDeposit)
        .when(orphaned('escrowRefunded', place('f9')))
        .thenNothing()
      given(make(), history.compensated).when(orphaned('escrowRefunded', giveBackPlace)).thenNothing()
    })

    it('hears of the deposit’s own fate while its refund stands', () => {
      const gone = [...history.refundedDeposit, depositOrphaned]
      given(make(), history.refundedDeposit)
        .when(orphaned('escrowLocked'))
        .then([depositOrphaned], { state: 'refundedDeposit', entries: [paidBack], waits: { deposit: null } })
      given(make(), gone)
        .when(included('escrowLocked'))
        .then([depositLocked], { state: 'refundedDeposit', timers: { deposit: null } })
      given(make(), gone)
        .when(orphaned('escrowRefunded', giveBackPlace))
        .then(['depositRefundOrphaned'], {
          state: 'refundingDeposit',
          answered: ['refundDeposit IN_FLIGHT'],
          timers: { deposit: lastChanceMs },
          waits: { depositRefund: null },
        })
    })
  })

  describe('canceling', () => {
    it.each(['collecting', 'collected', 'completed', 'compensated', 'failed', 'review'] as const)(
      'is refused when the transfer is %s',
      state => {
        const notYetAsked = history[state].filter(event => event.type !== 'cancelRequested')
        given(make(), notYetAsked).when(cancel).thenRefused('transfer_not_cancelable')
      },
    )

    it('is heard once', () => {
      given(make(), history.canceled).when(cancel).thenNothing()
      given(make(), history.refundingDeposit).when(cancel).thenNothing()
    })
  })
}
