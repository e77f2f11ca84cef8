import { describe, it } from 'vitest'
import type { TransferEvent } from '../../../bridge-service/src/transfer/event.ts'
import { given } from '../given.ts'
import { collectPlace, commitPlace, depositHardDeadlineMs, depositRefunded, escrowCommitted, giveBackPlace } from '../offramp.ts'
import { place, settledAtMs } from '../onramp.ts'
import type { DepositRoute } from './route.ts'
import {
  collectedIn,
  deadline,
  depositOrphaned,
  elsewhere,
  final,
  included,
  nothingMore,
  orphaned,
  owedByCustomer,
  refusal,
} from './telling.ts'

/** How every route that begins with a deposit makes it its own. */
export const collectsItsDeposit = <R extends 'offramp' | 'crosschain'>({ make, history, next }: DepositRoute<R>) => {
  describe('the collection', () => {
    it('waits for the release to be final, and completes', () => {
      given(make(), history.collecting)
        .when(included('escrowReleased', collectPlace))
        .then(['depositReleased'], {
          state: 'collected',
          answered: ['releaseDeposit SUCCEEDED'],
          timers: { retryDepositRelease: null },
          waits: { depositRelease: collectPlace.fact },
        })
      given(make(), history.collected)
        .when(final('depositRelease', collectPlace))
        .then(['depositReleaseFinalized'], { state: 'completed', entries: [collectedIn], waits: { depositRelease: null } })
    })

    it('is wished again later when the chain refuses it', () => {
      const refused: TransferEvent = { type: 'depositReleaseRefused', code: 'chain_refused', detail: 'no' }
      given(make(), history.collecting)
        .when(refusal('releaseDeposit'))
        .then([refused], {
          state: 'collecting',
          answered: ['releaseDeposit FAILED'],
          timers: { retryDepositRelease: settledAtMs + 2_000 },
        })
      given(make(), [...history.collecting, refused])
        .when(deadline('retryDepositRelease'))
        .then(['depositReleaseRetried'], {
          state: 'collecting',
          intents: ['releaseDeposit 1'],
          timers: { retryDepositRelease: null },
        })
      given(make(), history.collecting).when(deadline('retryDepositRelease')).thenNothing()
      given(make(), history.collected).when(refusal('releaseDeposit')).thenNothing()
    })

    it('is sent again when a reorg takes it back', () => {
      given(make(), history.collected)
        .when(orphaned('escrowReleased', collectPlace))
        .then(['depositReleaseOrphaned'], {
          state: 'collecting',
          answered: ['releaseDeposit IN_FLIGHT'],
          waits: { depositRelease: null },
        })
      given(make(), history.collected)
        .when(included('escrowReleased', elsewhere(collectPlace)))
        .then(['depositReleaseOrphaned', 'depositReleased'], {
          state: 'collected',
          timers: { retryDepositRelease: null },
          waits: { depositRelease: collectPlace.fact },
        })
      given(make(), history.collected).when(included('escrowReleased', collectPlace)).thenNothing()
      given(make(), history.collecting).when(orphaned('escrowReleased', collectPlace)).thenNothing()
    })

    it('comes to a person when the chain has forgotten the deposit for good', () => {
      given(make(), [...history.collecting, depositOrphaned])
        .when(deadline('deposit'))
        .then(['depositExpired', 'receivableOpened'], {
          state: 'review',
          answered: ['releaseDeposit FAILED'],
          entries: [owedByCustomer],
          ...nothingMore,
        })
      given(make(), [...history.collecting, depositOrphaned, depositRefunded])
        .when(deadline('deposit'))
        .thenNothing()
    })
  })

  describe('a deposit that is a balance', () => {
    const balance = () => make('balance')

    it('is claimed by the commit, which is told as a release to the treasury', () => {
      given(balance(), history.committing)
        .when(included('escrowReleased', commitPlace))
        .then([escrowCommitted], {
          state: 'committed',
          answered: ['commitEscrow SUCCEEDED'],
          waits: { commit: commitPlace.fact },
        })
    })

    it('is the treasury’s when the claim is final, whatever the hour', () => {
      given(balance(), history.committed)
        .when(final('commit', commitPlace), depositHardDeadlineMs)
        .then(['commitFinalized'], {
          state: next.state,
          entries: [collectedIn],
          intents: [next.intent],
          waits: { commit: null },
        })
    })

    it('is nobody else’s once it is claimed: a closed ledger is final', () => {
      given(balance(), history[next.state]!).when(orphaned('escrowReleased', commitPlace)).thenNothing()
      given(balance(), history[next.state]!).when(orphaned('depositReceived')).thenNothing()
      given(balance(), history[next.state]!).when(included('escrowRefunded', giveBackPlace)).thenNothing()
      given(balance(), history[next.state]!)
        .when(included('escrowClawedBack', place('50')))
        .thenNothing()
    })
  })
}
