import { afterAll, describe, expect, it } from 'vitest'
import { given, isOfPaymentReturns, isOfReversals, unseen } from '../../../../test/support/given.ts'
import {
  cancel,
  deadline,
  debit,
  final,
  included,
  orphaned,
  payout,
  refusal,
  unknown,
  withdrawn,
} from '../../../../test/support/inputs.ts'
import {
  debitReturned,
  debitReturnedLate,
  place,
  refundAfterMs,
  releaseRefused,
  settledAtMs,
} from '../../../../test/support/onramp.ts'
import { lost, paidBack } from '../../../../test/support/onramp-lines.ts'
import { commitRefused, history, payoutReturned, remittance } from '../../../../test/support/remittance.ts'
import { outOfEscrowAs, partnerPaid, served } from '../../../../test/support/remittance-lines.ts'
import { remittanceTransitions } from './transitions.ts'

const turned = {
  state: 'refunding',
  intents: ['refundEscrow'],
  timers: { clearing: null, retryCommit: null },
  waits: { lock: null, commit: null },
} as const
const refundSeen = {
  timers: { clearing: null, retryCommit: null, retryRelease: null, retryRefund: null },
  waits: { lock: null, commit: null, refund: '0x30:0' },
} as const
const clawedBack = {
  entries: [outOfEscrowAs('exposure:evm:1:USDC')],
  timers: { clearing: null, retryCommit: null, retryRelease: null, retryRefund: null },
  waits: { lock: null, commit: null },
  liquidity: 'consume',
} as const
const releaseByAnybody = {
  state: 'review',
  timers: { retryCommit: null, retryRefund: null },
  waits: { commit: null, release: '0x20:0' },
} as const

describe('the commit', () => {
  it('waits for finality, and only then the payout is wished', () => {
    given(remittance(), history.committing)
      .when(included('escrowCommitted', '15'))
      .then(['escrowCommitted'], {
        state: 'committed',
        answered: ['commitEscrow SUCCEEDED'],
        timers: { retryCommit: null },
        waits: { commit: '0x15:0' },
      })
    given(remittance(), history.committed)
      .when(final('commit', '15'))
      .then(['commitFinalized'], { state: 'payingOut', intents: ['payoutFiat'], waits: { commit: null } })
    given(remittance(), history.committed).when(final('commit', '16')).thenNothing()
    given(remittance(), history.committed).when(included('escrowCommitted', '15')).thenNothing()
  })

  it('is waited for again when a reorg takes it away', () => {
    given(remittance(), history.committed)
      .when(orphaned('escrowCommitted', '15'))
      .then(['commitOrphaned'], { state: 'committing', answered: ['commitEscrow IN_FLIGHT'], waits: { commit: null } })
    given(remittance(), history.committed)
      .when(included('escrowCommitted', '15', 'b'))
      .then(['commitOrphaned', { type: 'escrowCommitted', ...place('15', 'b') }], {
        state: 'committed',
        timers: { retryCommit: null },
        waits: { commit: '0x15:0' },
      })
    given(remittance(), history.payingOut).when(orphaned('escrowCommitted', '15')).thenNothing()
  })

  it('is wished again some time after a refusal, but not so late that it could race with anybody’s refund', () => {
    given(remittance(), history.committing)
      .when(refusal('commitEscrow'))
      .then(['commitRefused'], {
        state: 'committing',
        answered: ['commitEscrow FAILED'],
        timers: { retryCommit: settledAtMs + 2_000 },
      })
    const refused = [...history.committing, commitRefused]
    given(remittance(), refused)
      .when(deadline('retryCommit'))
      .then(['commitRetried'], { state: 'committing', intents: ['commitEscrow 1'], timers: { retryCommit: null } })
    given(remittance(), refused)
      .when(deadline('retryCommit'), refundAfterMs - 60_000)
      .then([{ type: 'compensationStarted', reason: 'deadline_passed' }], turned)
    given(remittance(), history.committing).when(deadline('retryCommit')).thenNothing()
    given(remittance(), history.committed).when(refusal('commitEscrow')).thenNothing()
  })

  it('pays nothing out when it is final so late that the bank would lack the time', () => {
    const hardDeadlineMs = refundAfterMs + 7 * 86_400_000
    given(remittance(), history.committed)
      .when(final('commit', '15'), hardDeadlineMs - 3_600_000)
      .then([{ type: 'compensationStarted', reason: 'deadline_passed' }], turned)
    given(remittance(), history.committed)
      .when(final('commit', '15'), hardDeadlineMs - 3_600_001)
      .then(['commitFinalized'], { state: 'payingOut', intents: ['payoutFiat'], waits: { commit: null } })
  })

  it.each([
    ['committing', ['commitEscrow FAILED']],
    ['committed', []],
  ] as const)('is no obstacle to turning back: %s', (state, answered) => {
    given(remittance(), history[state])
      .when(cancel)
      .then(['cancelRequested', 'compensationStarted'], { ...turned, answered })
    given(remittance(), history[state])
      .when(debit('returned', 'R01'))
      .then([debitReturned, 'compensationStarted'], { ...turned, answered, entries: [paidBack] })
    given(remittance(), history[state])
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], { state: 'refunded', answered, ...refundSeen })
    given(remittance(), history[state])
      .when(included('escrowClawedBack', '40'))
      .then(['escrowClawedBack'], { state: 'crediting', answered, intents: ['creditFiat'], ...clawedBack })
  })

  it.each([
    ['committing', ['commitEscrow SUCCEEDED']],
    ['committed', []],
  ] as const)('comes to a person when the partner was paid for nothing: %s', (state, answered) => {
    given(remittance(), history[state])
      .when(included('escrowReleased', '20'))
      .then(['escrowReleased'], { ...releaseByAnybody, answered })
  })
})

describe('the payout', () => {
  it('pays the partner by the hold when it has settled', () => {
    given(remittance(), history.payingOut)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'releasing',
        answered: ['payoutFiat SUCCEEDED'],
        intents: ['releaseEscrow'],
        entries: [served],
      })
    given(remittance(), history.releasing).when(payout('settled')).thenNothing()
  })

  it('books no line of a fee where there is none', () => {
    given(remittance({ fee: { currency: 'USD', minor: '0' } }), history.payingOut)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'releasing',
        answered: ['payoutFiat SUCCEEDED'],
        intents: ['releaseEscrow'],
        entries: [
          [...['payout_partner:EUR -90.00', 'exchange:EUR +90.00'], ...['exchange:USD -100.25', 'customer_clearing:USD +100.25']],
        ],
      })
  })

  it('holds everything as it is while it is under way or unknown', () => {
    given(remittance(), history.payingOut)
      .when(payout('submitted'))
      .then(['payoutSubmitted'], { state: 'payingOut', answered: ['payoutFiat IN_FLIGHT'] })
    given(remittance(), [...history.payingOut, { type: 'payoutSubmitted', bankTransferId: 'bt_1' }])
      .when(payout('submitted'))
      .thenNothing()
    given(remittance(), history.payingOut)
      .when(unknown('payoutFiat'))
      .then(['payoutUnknown'], { state: 'payingOut', answered: ['payoutFiat UNKNOWN'] })
    given(remittance(), history.releasing).when(unknown('payoutFiat')).thenNothing()
    given(remittance(), history.payingOut).when(cancel).thenRefused('transfer_not_cancelable')
  })

  it.each([
    ['rejects', payout('rejected', 'AC04')],
    ['refuses', refusal('payoutFiat')],
  ])('turns back, for the customer’s good, when the bank %s it', (_verb, input) => {
    given(remittance(), history.payingOut)
      .when(input)
      .then(['payoutRefused', { type: 'compensationStarted', reason: 'payout_refused' }], {
        ...turned,
        answered: ['payoutFiat FAILED'],
      })
    for (const state of ['refunding', 'releasing', 'committed'] as const)
      given(remittance(), history[state]).when(input).thenNothing()
  })

  it('is as if never made when the news of its return overtakes the news of its settlement', () => {
    given(remittance(), history.payingOut)
      .when(payout('returned', 'AC04'))
      .then([payoutReturned, { type: 'compensationStarted', reason: 'payout_returned' }], {
        ...turned,
        answered: ['payoutFiat FAILED'],
      })
    given(remittance(), [...history.payingOut, payoutReturned, { type: 'compensationStarted', reason: 'x' }])
      .when(payout('settled'))
      .thenNothing()
  })

  it('is only asked about when the debit comes back: what the bank has is paid, and the customer owes it to us', () => {
    const comesBack = [...history.payingOut, debitReturnedLate]
    given(remittance(), history.payingOut)
      .when(debit('returned', 'R10'))
      .then([debitReturnedLate.type], { state: 'payingOut', answered: ['payoutFiat WITHDRAWN'], entries: [lost] })
    given(remittance(), comesBack)
      .when(withdrawn('payoutFiat'))
      .then([{ type: 'payoutRefused', code: 'withdrawn' }, 'compensationStarted'], { ...turned, answered: ['payoutFiat FAILED'] })
    given(remittance(), history.payingOut).when(withdrawn('payoutFiat')).thenNothing()
  })

  it('comes to a person when the chain moves the hold meanwhile, with the payout still to be heard of', () => {
    given(remittance(), history.payingOut).when(included('escrowReleased', '20')).then(['escrowReleased'], releaseByAnybody)
    given(remittance(), history.payingOut)
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], { state: 'review', ...refundSeen })
    given(remittance(), history.payingOut)
      .when(included('escrowClawedBack', '40'))
      .then(['escrowClawedBack'], { state: 'review', ...clawedBack })
  })
})

describe('the release to the partner', () => {
  it('completes the transfer when it is final: the partner has been paid, nothing is left in clearing', () => {
    given(remittance(), history.releasing)
      .when(included('escrowReleased', '20'))
      .then(['escrowReleased'], {
        state: 'released',
        answered: ['releaseEscrow SUCCEEDED'],
        timers: { retryRelease: null },
        waits: { release: '0x20:0' },
      })
    given(remittance(), history.released)
      .when(final('release', '20'))
      .then(['releaseFinalized'], {
        state: 'completed',
        entries: [partnerPaid],
        liquidity: 'consume',
        waits: { release: null },
      })
    given(remittance(), history.released).when(final('release', '21')).thenNothing()
    given(remittance(), history.completed).when(final('release', '20')).thenNothing()
    given(remittance(), history.completed)
      .when(included('escrowReleased', '20', 'b'))
      .thenNothing()
  })

  it('is wished again some time after a refusal', () => {
    given(remittance(), history.releasing)
      .when(refusal('releaseEscrow'))
      .then(['releaseRefused'], {
        state: 'releasing',
        answered: ['releaseEscrow FAILED'],
        timers: { retryRelease: settledAtMs + 2_000 },
      })
    given(remittance(), [...history.releasing, releaseRefused])
      .when(deadline('retryRelease'))
      .then(['releaseRetried'], { state: 'releasing', intents: ['releaseEscrow 1'], timers: { retryRelease: null } })
    given(remittance(), history.releasing).when(deadline('retryRelease')).thenNothing()
  })

  it('is waited for again when a reorg takes it away', () => {
    given(remittance(), history.released)
      .when(orphaned('escrowReleased', '20'))
      .then(['releaseOrphaned'], { state: 'releasing', answered: ['releaseEscrow IN_FLIGHT'], waits: { release: null } })
    given(remittance(), history.released)
      .when(included('escrowReleased', '20', 'b'))
      .then(['releaseOrphaned', 'escrowReleased'], {
        state: 'released',
        timers: { retryRelease: null },
        waits: { release: '0x20:0' },
      })
    given(remittance(), history.released).when(included('escrowReleased', '20')).thenNothing()
  })

  it('comes to a person when the hold has gone back all the same: we owe the partner what he paid out', () => {
    given(remittance(), history.releasing)
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], { state: 'review', answered: ['releaseEscrow FAILED'], ...refundSeen })
    given(remittance(), history.released)
      .when(included('escrowRefunded', '30'))
      .then(['releaseOrphaned', 'escrowRefunded'], {
        state: 'review',
        answered: ['releaseEscrow FAILED'],
        ...refundSeen,
        waits: { release: null, ...refundSeen.waits },
      })
    given(remittance(), history.releasing)
      .when(included('escrowClawedBack', '40'))
      .then(['escrowClawedBack'], { state: 'review', answered: ['releaseEscrow FAILED'], ...clawedBack })
    given(remittance(), history.released).when(included('escrowClawedBack', '40')).thenNothing()
  })
})

describe('what comes back after the payout', () => {
  const partnerHasIt = ['customer_clearing:EUR -90.00', 'payout_partner:EUR +90.00']

  it.each(['releasing', 'released'] as const)('is booked while the transfer that is %s goes on', state => {
    given(remittance(), history[state])
      .when(debit('returned', 'R10'))
      .then([{ type: 'debitReturned', rawCode: 'R10', afterPivot: true }], { state, entries: [lost] })
    given(remittance(), history[state])
      .when(payout('returned', 'AC04'))
      .then([payoutReturned], { state, answered: ['payoutFiat FAILED'], entries: [partnerHasIt] })
  })

  it('brings a completed transfer to a person', () => {
    given(remittance(), history.completed)
      .when(debit('returned', 'R10'))
      .then(['debitReturned', 'receivableOpened'], { state: 'review', entries: [lost] })
    given(remittance(), history.completed)
      .when(payout('returned', 'AC04'))
      .then(['payoutReturned', 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat FAILED'],
        entries: [partnerHasIt],
      })
    given(remittance(), history.completed)
      .when(included('deliveryReclaimed', '50'))
      .then(['deliveryReclaimed'], {
        state: 'review',
        entries: [
          [
            ...['exchange:USDC -100.000000', 'treasury:evm:1:USDC +100.000000'],
            ...['payout_partner:EUR -90.00', 'exchange:EUR +90.00'],
          ],
        ],
        liquidity: 'restore',
      })
  })

  it.each([
    ['the debit', debitReturnedLate],
    ['the payout', payoutReturned],
  ])('brings it to a person when the release is final: %s', (_what, back) => {
    given(remittance(), [...history.released, back])
      .when(final('release', '20'))
      .then(['releaseFinalized', 'receivableOpened'], {
        state: 'review',
        entries: [partnerPaid],
        liquidity: 'consume',
        waits: { release: null },
      })
  })
})

afterAll(() => {
  // `commitSkipped` is in way-in.test.ts: it follows from clearing in one step.
  const states = ['committing', 'committed', 'payingOut', 'releasing', 'released', 'completed']
  const isWanted = (transition: string) =>
    states.includes(transition.split(' ')[0]!) &&
    !isOfReversals(transition) &&
    !isOfPaymentReturns(transition) &&
    transition !== 'committing commitSkipped'
  expect(unseen(remittanceTransitions, isWanted), 'transitions that no test has seen').toEqual([])
})
