import { afterAll, describe, expect, it } from 'vitest'
import { given, unseen } from '../../../../test/support/given.ts'
import { deadline, debit, final, included, orphaned, refusal } from '../../../../test/support/inputs.ts'
import {
  debitReturned,
  debitReturnedLate,
  history,
  onramp,
  place,
  releaseRefused,
  settledAtMs,
} from '../../../../test/support/onramp.ts'
import { fileOf } from '../../../../test/support/onramp-files.ts'
import { lost, outOfEscrow } from '../../../../test/support/onramp-lines.ts'
import { onrampTransitions } from './transitions.ts'

describe('the release', () => {
  it('waits for finality when it is on chain', () => {
    given(onramp(), history.releasing)
      .when(included('escrowReleased', '20'))
      .then(['escrowReleased'], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED'],
        timers: { retryRelease: null },
        waits: { release: '0x20:0' },
      })
  })

  it('is wished again, as another attempt, some time after a refusal', () => {
    given(onramp(), history.releasing)
      .when(refusal('releaseEscrow'))
      .then(['releaseRefused'], {
        state: 'releasing',
        answered: ['releaseEscrow FAILED'],
        timers: { retryRelease: settledAtMs + 2_000 },
      })
    given(onramp(), [...history.releasing, releaseRefused])
      .when(deadline('retryRelease'))
      .then(['releaseRetried'], { state: 'releasing', intents: ['releaseEscrow 1'], timers: { retryRelease: null } })
    given(onramp(), [...history.releasing, releaseRefused, { type: 'releaseRetried' }])
      .when(refusal('releaseEscrow', 1))
      .then(['releaseRefused'], {
        state: 'releasing',
        answered: ['releaseEscrow 1 FAILED'],
        timers: { retryRelease: settledAtMs + 4_000 },
      })
  })

  it('waits ten minutes at most between two attempts', () => {
    const tries = Array.from({ length: 60 }, () => [releaseRefused, { type: 'releaseRetried' } as const]).flat()
    given(onramp(), [...history.releasing, ...tries])
      .when(refusal('releaseEscrow', 60))
      .then(['releaseRefused'], {
        state: 'releasing',
        answered: ['releaseEscrow 60 FAILED'],
        timers: { retryRelease: settledAtMs + 600_000 },
      })
  })

  it('ignores the refusal of an attempt that is over', () => {
    given(onramp(), [...history.releasing, releaseRefused, { type: 'releaseRetried' }])
      .when(refusal('releaseEscrow'))
      .thenNothing()
    given(onramp(), history.released).when(refusal('releaseEscrow')).thenNothing()
  })

  it('is wished once by a timer that two processes saw', () => {
    given(onramp(), history.releasing).when(deadline('retryRelease')).thenNothing()
    given(onramp(), [...history.releasing, releaseRefused, { type: 'releaseRetried' }])
      .when(deadline('retryRelease'))
      .thenNothing()
    given(onramp(), history.released).when(deadline('retryRelease')).thenNothing()
  })

  it('is waited for again when a reorg takes it away', () => {
    given(onramp(), history.released)
      .when(orphaned('escrowReleased', '20'))
      .then(['releaseOrphaned'], { state: 'releasing', answered: ['releaseEscrow IN_FLIGHT'], waits: { release: null } })
    given(onramp(), history.released).when(orphaned('escrowReleased', '21')).thenNothing()
    given(onramp(), history.releasing).when(orphaned('escrowReleased', '20')).thenNothing()
  })

  it('waits for the finality of its new place when it was mined again elsewhere', () => {
    given(onramp(), history.released)
      .when(included('escrowReleased', '20', 'b'))
      .then(['releaseOrphaned', 'escrowReleased'], {
        state: 'released',
        timers: { retryRelease: null },
        waits: { release: '0x20:0' },
      })
    given(onramp(), history.released).when(included('escrowReleased', '20')).thenNothing()
    given(onramp(), history.completed)
      .when(included('escrowReleased', '20', 'b'))
      .thenNothing()
    given(onramp(), history.locked).when(included('escrowReleased', '20')).thenNothing()
  })

  it('completes the transfer when it is final: delivered, fee earned, nothing left in clearing', () => {
    given(onramp(), history.released)
      .when(final('release', '20'))
      .then(['releaseFinalized'], {
        state: 'completed',
        entries: [
          [
            ...['escrow:evm:1:USDC -100.000000', 'exchange:USDC +100.000000'],
            ...['exchange:USD -100.00', 'customer_clearing:USD +100.00'],
            ...['fee_income:USD -0.25', 'customer_clearing:USD +0.25'],
          ],
        ],
        liquidity: 'consume',
        waits: { release: null },
      })
    given(onramp(), history.released).when(final('release', '21')).thenNothing()
    given(onramp(), history.releasing).when(final('release', '20')).thenNothing()
  })

  it('books no fee line where there is no fee', () => {
    given(onramp({ fee: { currency: 'USD', minor: '0' } }), history.released)
      .when(final('release', '20'))
      .then(['releaseFinalized'], {
        state: 'completed',
        entries: [
          [
            ...['escrow:evm:1:USDC -100.000000', 'exchange:USDC +100.000000'],
            ...['exchange:USD -100.25', 'customer_clearing:USD +100.25'],
          ],
        ],
        liquidity: 'consume',
        waits: { release: null },
      })
  })

  it('loses against a refund by anybody after the deadline, and is not asked for any more', () => {
    given(onramp(), history.releasing)
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], {
        state: 'refunded',
        answered: ['releaseEscrow FAILED'],
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
  })

  it('has lost as well when the news of the refund comes before the news that the release was orphaned', () => {
    given(onramp(), history.released)
      .when(included('escrowRefunded', '30'))
      .then(['releaseOrphaned', 'escrowRefunded'], {
        state: 'refunded',
        answered: ['releaseEscrow FAILED'],
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { release: null, lock: null, refund: '0x30:0' },
      })
  })
})

it('gives up a release that was refused, when a person says so', () => {
  given(onramp(), [...history.releasing, releaseRefused])
    .when({ type: 'compensateCommand', reason: 'on the list' })
    .then(['compensationStarted'], {
      state: 'refunding',
      intents: ['refundEscrow'],
      timers: { clearing: null, retryRelease: null },
      waits: { lock: null },
    })
})

describe('a return after the pivot', () => {
  it.each(['releasing', 'released'] as const)(
    'is a loss that the customer owes us, while the transfer that is %s goes on',
    state => {
      given(onramp(), history[state])
        .when(debit('returned', 'R10'))
        .then([{ type: 'debitReturned', rawCode: 'R10', afterPivot: true }], { state, entries: [lost] })
    },
  )

  it('brings a completed transfer to a person', () => {
    given(onramp(), history.completed)
      .when(debit('returned', 'R10'))
      .then(['debitReturned', 'receivableOpened'], { state: 'review', entries: [lost] })
    given(onramp(), [...history.released, debitReturnedLate])
      .when(final('release', '20'))
      .then(['releaseFinalized', 'receivableOpened'], {
        state: 'review',
        entries: [
          [
            ...['escrow:evm:1:USDC -100.000000', 'exchange:USDC +100.000000'],
            ...['exchange:USD -100.00', 'customer_clearing:USD +100.00'],
            ...['fee_income:USD -0.25', 'customer_clearing:USD +0.25'],
          ],
        ],
        liquidity: 'consume',
        waits: { release: null },
      })
  })

  it('is no loss after all when the escrow went back to the treasury', () => {
    given(onramp(), [...history.releasing, debitReturnedLate, { type: 'escrowRefunded', ...place('30') }])
      .when(final('refund', '30'))
      .then(['refundFinalized', 'transferCompensated'], {
        state: 'compensated',
        entries: [outOfEscrow, ['receivable:USD -100.25', 'customer_clearing:USD +100.25']],
        liquidity: 'free',
        waits: { refund: null },
      })
  })

  it('comes to a person when the credit back is on its way, or through', () => {
    given(onramp(), history.crediting)
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', answered: ['creditFiat WITHDRAWN'], entries: [lost] })
    given(onramp(), history.compensated)
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', entries: [lost] })
  })

  it('happens once, and only to a debit that was made', () => {
    for (const past of [[...history.locking, debitReturned], history.canceled, history.requested, history.review])
      given(onramp(), past).when(debit('returned', 'R10')).thenNothing()
  })
})

describe('a delivery that nobody fetched', () => {
  const reclaimed = included('deliveryReclaimed', '50')
  const undone = [
    'exchange:USDC -100.000000',
    'treasury:evm:1:USDC +100.000000',
    'customer_clearing:USD -100.00',
    'exchange:USD +100.00',
  ]

  it.each(['completed', 'review'] as const)('is owed to the customer again, in a person’s hands: %s', state => {
    given(onramp(), history[state])
      .when(reclaimed)
      .then([{ type: 'deliveryReclaimed', ...place('50') }], { state: 'review', entries: [undone], liquidity: 'restore' })
  })

  it('comes back once, and only where there was one', () => {
    const back = [...history.completed, { type: 'deliveryReclaimed', ...place('50') } as const]
    given(onramp(), back).when(reclaimed).thenNothing()
    given(onramp(), history.crediting).when(reclaimed).thenNothing()
  })

  it('is told again where its release may still be heard of: two readers of the inbox overtake each other', () => {
    for (const state of ['releasing', 'released'] as const) given(onramp(), history[state]).when(reclaimed).thenTooEarly()
    given(onramp(), history.refunding).when(reclaimed).thenNothing()
  })

  it('is no news when he has fetched it: it was his from the release on', () => {
    given(onramp(), history.completed).when(included('deliveryClaimed', '51')).thenNothing()
  })
})

afterAll(() => {
  expect(
    unseen(onrampTransitions, transition => fileOf(transition) === 'release'),
    'transitions that no test has seen',
  ).toEqual([])
})
