import { afterAll, describe, expect, it } from 'vitest'
import { given, replay, unseen } from '../../../../test/support/given.ts'
import {
  credit,
  deadline,
  debit,
  final,
  included,
  orphaned,
  refusal,
  unknown,
  withdrawn,
} from '../../../../test/support/inputs.ts'
import {
  debitReturned,
  debitReturnedLate,
  debitSettled,
  history,
  onramp,
  place,
  refundRefused,
  settledAtMs,
} from '../../../../test/support/onramp.ts'
import { fileOf } from '../../../../test/support/onramp-files.ts'
import { lost, notOwed, outOfEscrow, paidBack, paidIn, unhold } from '../../../../test/support/onramp-lines.ts'
import { onrampTransitions } from './transitions.ts'

describe('the refund', () => {
  it('waits for finality when it is on chain', () => {
    given(onramp(), history.refunding)
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], {
        state: 'refunded',
        answered: ['refundEscrow SUCCEEDED'],
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
  })

  it('is wished again, as another attempt, some time after a refusal', () => {
    given(onramp(), history.refunding)
      .when(refusal('refundEscrow'))
      .then(['refundRefused'], {
        state: 'refunding',
        answered: ['refundEscrow FAILED'],
        timers: { retryRefund: settledAtMs + 2_000 },
      })
    given(onramp(), [...history.refunding, refundRefused])
      .when(deadline('retryRefund'))
      .then(['refundRetried'], { state: 'refunding', intents: ['refundEscrow 1'], timers: { retryRefund: null } })
    given(onramp(), [...history.refunding, refundRefused, { type: 'refundRetried' }])
      .when(refusal('refundEscrow'))
      .thenNothing()
  })

  it('is wished once by a timer that two processes saw', () => {
    given(onramp(), history.refunding).when(deadline('retryRefund')).thenNothing()
    given(onramp(), [...history.refunding, refundRefused, { type: 'refundRetried' }])
      .when(deadline('retryRefund'))
      .thenNothing()
    given(onramp(), history.refunded).when(deadline('retryRefund')).thenNothing()
  })

  it('is waited for again when a reorg takes it away', () => {
    given(onramp(), history.refunded)
      .when(orphaned('escrowRefunded', '30'))
      .then(['refundOrphaned'], { state: 'refunding', answered: ['refundEscrow IN_FLIGHT'], waits: { refund: null } })
    given(onramp(), history.refunded).when(orphaned('escrowRefunded', '31')).thenNothing()
    given(onramp(), history.refunding).when(orphaned('escrowRefunded', '30')).thenNothing()
  })

  it.each(['locked', 'clearing', 'releasing'] as const)(
    'becomes ours when a reorg takes away the one that somebody else made while the transfer was %s',
    state => {
      given(onramp(), [...history[state], { type: 'escrowRefunded', ...place('30') }])
        .when(orphaned('escrowRefunded', '30'))
        .then(['refundOrphaned', 'refundRetried'], {
          state: 'refunding',
          intents: ['refundEscrow 1'],
          timers: { retryRefund: null },
          waits: { refund: null },
        })
    },
  )

  it('waits for the finality of its new place when it was mined again elsewhere', () => {
    given(onramp(), history.refunded)
      .when(included('escrowRefunded', '30', 'b'))
      .then(['refundOrphaned', 'escrowRefunded'], {
        state: 'refunded',
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
    given(onramp(), history.refunded).when(included('escrowRefunded', '30')).thenNothing()
    given(onramp(), history.crediting)
      .when(included('escrowRefunded', '30', 'b'))
      .thenNothing()
  })

  it('loses against our own release when a reorg decides so', () => {
    const refundedByOthers = [...history.releasing, { type: 'escrowRefunded', ...place('30') } as const]
    given(onramp(), refundedByOthers)
      .when(included('escrowReleased', '20'))
      .then(['refundOrphaned', 'escrowReleased'], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED', 'refundEscrow FAILED'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { refund: null, release: '0x20:0' },
      })
    given(onramp(), [...refundedByOthers, { type: 'refundOrphaned', fact: place('30').fact }, { type: 'refundRetried' }])
      .when(included('escrowReleased', '20'))
      .then(['escrowReleased'], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED', 'refundEscrow 1 FAILED'],
        timers: { retryRelease: null, retryRefund: null },
        waits: { release: '0x20:0' },
      })
  })

  it('leaves a receivable when the debit had come back and the chain then decides for the release', () => {
    given(onramp(), [...history.releasing, { type: 'escrowRefunded', ...place('30') }, debitReturned])
      .when(included('escrowReleased', '20'))
      .then(['refundOrphaned', 'escrowReleased'], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED', 'refundEscrow FAILED'],
        entries: [['customer_clearing:USD -100.25', 'receivable:USD +100.25']],
        timers: { retryRelease: null, retryRefund: null },
        waits: { refund: null, release: '0x20:0' },
      })
  })

  it('cannot lose against a release that nobody has wished', () => {
    given(onramp(), history.refunded).when(included('escrowReleased', '20')).thenNothing()
    given(onramp(), history.refunding).when(included('escrowReleased', '20')).thenNothing()
  })

  it('gives the liquidity back and credits the customer when it is final', () => {
    given(onramp(), history.refunded)
      .when(final('refund', '30'))
      .then(['refundFinalized'], {
        state: 'crediting',
        intents: ['creditFiat'],
        entries: [outOfEscrow],
        liquidity: 'free',
        waits: { refund: null },
      })
    given(onramp(), history.refunded).when(final('refund', '31')).thenNothing()
    given(onramp(), history.refunding).when(final('refund', '30')).thenNothing()
  })

  it('ends the hold of a lock that never became final', () => {
    given(onramp(), [...history.locked, { type: 'escrowRefunded', ...place('30') }])
      .when(final('refund', '30'))
      .then(['refundFinalized'], {
        state: 'crediting',
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
        waits: { refund: null },
      })
  })

  it.each(['refunding', 'refunded'] as const)('leaves nothing to credit when the debit came back while it was %s', state => {
    given(onramp(), history[state])
      .when(debit('returned', 'R01'))
      .then(['debitReturned'], { state, entries: [paidBack] })
    given(onramp(), [...history.refunded, debitReturned])
      .when(final('refund', '30'))
      .then(['refundFinalized', 'transferCompensated'], {
        state: 'compensated',
        entries: [outOfEscrow],
        liquidity: 'free',
        waits: { refund: null },
      })
  })
})

describe('the credit back', () => {
  it('compensates the transfer when it has settled', () => {
    given(onramp(), history.crediting)
      .when(credit('settled'))
      .then(['creditSettled', 'transferCompensated'], {
        state: 'compensated',
        answered: ['creditFiat SUCCEEDED'],
        entries: [paidBack],
      })
    given(onramp(), history.compensated).when(credit('settled')).thenNothing()
  })

  it('is asked about again while it is under way or unknown', () => {
    given(onramp(), history.crediting)
      .when(credit('submitted'))
      .then(['creditSubmitted'], { state: 'crediting', answered: ['creditFiat IN_FLIGHT'] })
    given(onramp(), history.crediting)
      .when(unknown('creditFiat'))
      .then(['creditUnknown'], { state: 'crediting', answered: ['creditFiat UNKNOWN'] })
    given(onramp(), [...history.crediting, { type: 'creditSubmitted', bankTransferId: 'bt_2' }])
      .when(credit('submitted'))
      .thenNothing()
    given(onramp(), history.compensated).when(unknown('creditFiat')).thenNothing()
  })

  it.each([
    ['rejects', credit('rejected', 'AC04')],
    ['refuses', refusal('creditFiat')],
  ])('comes to a person when the bank %s it', (_verb, input) => {
    given(onramp(), history.crediting)
      .when(input)
      .then(['creditRefused'], { state: 'review', answered: ['creditFiat FAILED'] })
    given(onramp(), history.compensated).when(input).thenNothing()
  })

  it('comes to a person when the customer’s bank sends it back', () => {
    given(onramp(), history.crediting)
      .when(credit('returned', 'AC04'))
      .then(['creditReturned'], { state: 'review', answered: ['creditFiat FAILED'] })
    given(onramp(), history.compensated)
      .when(credit('returned', 'AC04'))
      .then(['creditReturned'], { state: 'review', answered: ['creditFiat FAILED'], entries: [paidIn] })
    given(onramp(), history.locking).when(credit('returned')).thenNothing()
  })
})

describe('a transfer in a person’s hands', () => {
  const comesBack = [...history.crediting, debitReturnedLate]

  it('books what the bank does with a credit that was on its way', () => {
    given(onramp(), comesBack)
      .when(credit('settled'))
      .then(['creditSettled'], { state: 'review', answered: ['creditFiat SUCCEEDED'], entries: [paidBack] })
    const nothingOwed = { state: 'compensated', answered: ['creditFiat FAILED'] } as const
    for (const input of [credit('rejected'), refusal('creditFiat'), withdrawn('creditFiat')])
      given(onramp(), comesBack)
        .when(input)
        .then(['creditRefused', 'transferCompensated'], { ...nothingOwed, entries: [notOwed] })
    given(onramp(), [...comesBack, { type: 'creditSettled', bankTransferId: 'bt_2' }])
      .when(credit('returned', 'AC04'))
      .then(['creditReturned'], { state: 'review', answered: ['creditFiat FAILED'], entries: [paidIn] })
  })

  it('books each of them once', () => {
    const settled = [...comesBack, { type: 'creditSettled', bankTransferId: 'bt_2' } as const]
    given(onramp(), settled).when(credit('settled')).thenNothing()
    given(onramp(), settled).when(credit('rejected')).thenNothing()
    given(onramp(), settled).when(refusal('creditFiat')).thenNothing()
    given(onramp(), settled).when(debit('returned')).thenNothing()
    given(onramp(), [...settled, { type: 'creditReturned', rawCode: null }])
      .when(credit('returned'))
      .thenNothing()
  })

  it('keeps what has already been given back another way', () => {
    const paid = { refundId: 'rf_1', kind: 'owed', currency: 'USD', minor: '10025' } as const
    given(onramp(), [...comesBack, { type: 'refundPaid', ...paid }])
      .when(withdrawn('creditFiat'))
      .then(['creditRefused'], { state: 'review', answered: ['creditFiat FAILED'] })
  })

  it('knows that a credit whose return it heard of first has settled and come back', () => {
    const returnedFirst = [...history.crediting, { type: 'creditReturned', rawCode: 'AC04' } as const]
    given(onramp(), returnedFirst).when(credit('settled')).thenNothing()
  })

  it('loses what the bank takes back', () => {
    const settledAfterAll = [...history.failed, debitSettled]
    given(onramp(), settledAfterAll)
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', entries: [lost] })
    const refused = [...history.crediting, { type: 'creditRefused', code: 'rail_refused', detail: 'AC04' } as const]
    given(onramp(), refused)
      .when(debit('returned', 'R10'))
      .then(['debitReturned', 'transferCompensated'], { state: 'compensated', entries: [lost, notOwed] })
    given(onramp(), [...refused, { type: 'creditSettled', bankTransferId: 'bt_2' }])
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', entries: [lost] })
  })
})

describe('a credit that was withdrawn', () => {
  const refused = { type: 'creditRefused', code: 'withdrawn', detail: 'the bank never got it' } as const
  const ended = [...history.crediting, debitReturnedLate, refused, { type: 'transferCompensated' }] as const

  it('failed for the reason that it was withdrawn for', () => {
    expect(replay(onramp(), ended).progress.failure).toEqual({ code: 'debit_returned', detail: 'R01' })
  })

  it('and is paid all the same is a claim on the customer', () => {
    given(onramp(), ended)
      .when(credit('settled'))
      .then(['creditSettled'], {
        state: 'review',
        answered: ['creditFiat SUCCEEDED'],
        entries: [lost],
      })
    given(onramp(), [...ended, { type: 'creditSettled', bankTransferId: 'bt_2' }])
      .when(credit('settled'))
      .thenNothing()
  })

  it('is not refused by an answer to a withdrawal that is over, or to none', () => {
    given(onramp(), history.crediting).when(withdrawn('creditFiat')).thenNothing()
    const again = { type: 'debitReturnReversed', at: new Date(settledAtMs).toISOString() } as const
    given(onramp(), [...history.crediting, debitReturnedLate, again, { type: 'creditOwed' }])
      .when(withdrawn('creditFiat'))
      .thenNothing()
  })
})

afterAll(() => {
  expect(
    unseen(onrampTransitions, transition => fileOf(transition) === 'way-back'),
    'transitions that no test has seen',
  ).toEqual([])
})
