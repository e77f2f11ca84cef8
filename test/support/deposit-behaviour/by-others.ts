import { describe, it } from 'vitest'
import type { TransferEvent } from '../../../bridge-service/src/transfer/event.ts'
import { given } from '../given.ts'
import { collectPlace, depositRefunded, giveBackPlace } from '../offramp.ts'
import { place } from '../onramp.ts'
import { type DepositRoute, entryOf } from './route.ts'
import { final, included, nothingMore, orphaned, owedByCustomer, paidBack } from './telling.ts'

/** What others do to a deposit, on every route that begins with one. */
export const hearsOfOthers = <R extends 'offramp' | 'crosschain'>({ make, history, freed, underWay }: DepositRoute<R>) => {
  describe('a deposit that anybody refunds', () => {
    it.each([
      ['awaitingDeposit', []],
      ['deposited', []],
      ['committing', ['commitEscrow FAILED']],
      ['committed', []],
    ] as const)('turns the transfer back before the pivot: %s', (state, answered) => {
      given(make(), history[state])
        .when(included('escrowRefunded', giveBackPlace))
        .then([depositRefunded], {
          state: 'refundedDeposit',
          answered,
          entries: entryOf(freed),
          timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
          waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
          liquidity: 'free',
        })
    })

    it.each(['collecting', ...underWay] as const)('is remembered after it, until it is final or gone: %s', state => {
      given(make(), history[state]!)
        .when(included('escrowRefunded', giveBackPlace))
        .then([depositRefunded], { state, waits: { depositRefund: giveBackPlace.fact } })
      given(make(), [...history[state]!, depositRefunded])
        .when(orphaned('escrowRefunded', giveBackPlace))
        .then(['depositRefundOrphaned'], { state, waits: { depositRefund: null } })
      given(make(), [...history[state]!, depositRefunded])
        .when(included('escrowRefunded', giveBackPlace))
        .thenNothing()
    })

    it('is owed to us when the customer has what he got for it', () => {
      given(make(), [...history.collecting, depositRefunded])
        .when(final('depositRefund', giveBackPlace))
        .then(['depositRefundFinalized', 'receivableOpened'], {
          state: 'review',
          answered: ['releaseDeposit FAILED'],
          entries: [paidBack, owedByCustomer],
          ...nothingMore,
        })
    })

    it.each(underWay)('is booked when it is final: %s', state => {
      given(make(), [...history[state]!, depositRefunded])
        .when(final('depositRefund', giveBackPlace))
        .then(['depositRefundFinalized'], { state, entries: [paidBack], waits: { deposit: null, depositRefund: null } })
    })

    it('gives way to our release when that is on the true chain, and the other way round', () => {
      given(make(), [...history.collecting, depositRefunded])
        .when(included('escrowReleased', collectPlace))
        .then(['depositRefundOrphaned', 'depositReleased'], {
          state: 'collected',
          answered: ['releaseDeposit SUCCEEDED'],
          timers: { retryDepositRelease: null },
          waits: { depositRefund: null, depositRelease: collectPlace.fact },
        })
      given(make(), history.collected)
        .when(included('escrowRefunded', giveBackPlace))
        .then(['depositReleaseOrphaned', 'depositRefunded'], {
          state: 'collecting',
          answered: ['releaseDeposit IN_FLIGHT'],
          waits: { depositRelease: null, depositRefund: giveBackPlace.fact },
        })
    })
  })

  describe('a deposit that its issuer claws back', () => {
    const clawedBack = included('escrowClawedBack', place('50'))
    const taken: TransferEvent = { type: 'depositClawedBack', ...place('50') }
    it.each([
      ['awaitingDeposit', [], [], 'free'],
      ['deposited', [], [], 'free'],
      ['committing', paidBack, ['commitEscrow FAILED'], 'free'],
      ['committed', paidBack, [], 'free'],
      ['refundingDeposit', paidBack, ['refundDeposit FAILED'], undefined],
    ] as const)('is the customer’s loss before the pivot: %s', (state, booked, answered, liquidity) => {
      given(make(), history[state])
        .when(clawedBack)
        .then([taken], { state: 'failed', entries: entryOf(booked, liquidity ? freed : []), answered, liquidity, ...nothingMore })
    })

    it('is our loss when the customer has what he got for it', () => {
      given(make(), history.collecting)
        .when(clawedBack)
        .then([taken], {
          state: 'completed',
          answered: ['releaseDeposit FAILED'],
          entries: [['escrow:evm:1:USDC -100.250000', 'exposure:evm:1:USDC +100.250000']],
          ...nothingMore,
        })
    })

    it.each(['failed', 'canceled'] as const)('asks for no refund when it came late: %s', state => {
      given(make(), history[state])
        .when(clawedBack)
        .then([taken], { state, ...nothingMore })
      given(make(), [...history[state], taken])
        .when(included('escrowLocked'))
        .thenNothing()
    })

    it('is no news once it has left the escrow', () => {
      given(make(), history.collected).when(clawedBack).thenNothing()
      given(make(), history.committed)
        .when(included('escrowCredited', place('60')))
        .thenNothing()
      given(make(), history.committed)
        .when(included('deliveryClaimed', place('61')))
        .thenNothing()
    })
  })
}
