import { afterAll, describe, expect, it } from 'vitest'
import { given, isOfPaymentReturns, unseen } from '../../../../test/support/given.ts'
import { final } from '../../../../test/support/inputs.ts'
import { bankSays, debitReturnedLate, place, settledAtMs } from '../../../../test/support/onramp.ts'
import {
  history,
  payoutRefused,
  payoutReturned,
  payoutSettled,
  refunded,
  released,
  remittance,
} from '../../../../test/support/remittance.ts'
import { partnerPaid, served } from '../../../../test/support/remittance-lines.ts'
import type { RailFact } from '../../rails/rail.ts'
import type { TransferEvent } from '../event.ts'
import type { Input, RailStep } from '../input.ts'
import { remittanceTransitions } from './transitions.ts'

const at = (minute: number) => ({ at: new Date(settledAtMs + minute * 60_000).toISOString() })
const said = (type: RailFact['type'], minute: number, step: RailStep = 'payoutFiat'): Input => ({
  ...{ type: 'railFact', step },
  fact: { ...bankSays(type), ...at(minute) },
})
const returned: TransferEvent = { ...payoutReturned, ...at(1) }
const reversed: TransferEvent = { type: 'payoutReturnReversed', bankTransferId: 'bt_1', ...at(2) }
const again: TransferEvent = { type: 'payoutReturnedAgain', ...at(3) }
const reversal = said('returnReversed', 2)
const refundFinal: TransferEvent = { type: 'refundFinalized' }
const opened: TransferEvent = { type: 'receivableOpened' }

const owed = ['customer_clearing:EUR -90.00', 'payout_partner:EUR +90.00']
const notOwed = ['payout_partner:EUR -90.00', 'customer_clearing:EUR +90.00']
const answered = ['payoutFiat SUCCEEDED']

/** Its return has overtaken its settlement, so the hold goes back. */
const turning = [...history.payingOut, returned, { type: 'compensationStarted', reason: 'payout_returned' } as const]
/** A person has what came back of one that had arrived. */
const inHands = [...history.completed, returned, opened]

describe('a payout’s return that the bank takes back', () => {
  it.each(['releasing', 'released'] as const)('is no debt of a transfer that is %s, which completes', state => {
    given(remittance(), [...history[state], returned])
      .when(reversal)
      .then([reversed], { state, answered, entries: [notOwed] })
    given(remittance(), [...history.released, returned, reversed])
      .when(final('release', '20'))
      .then(['releaseFinalized'], { state: 'completed', entries: [partnerPaid], waits: { release: null }, liquidity: 'consume' })
  })

  it('leaves a person nothing to do where it alone had brought the transfer to him', () => {
    given(remittance(), inHands)
      .when(reversal)
      .then([reversed, 'receivableClosed'], { state: 'completed', answered, entries: [notOwed] })
  })

  it('leaves to him what has come back besides, in whatever order the bank takes the two back', () => {
    const claimGone = ['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']
    const debitLate = { ...debitReturnedLate, ...at(1) } as const
    given(remittance(), [...inHands, debitLate])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [notOwed] })
    given(remittance(), [...inHands, debitLate, reversed])
      .when(said('returnReversed', 3, 'debitFiat'))
      .then(['debitReturnReversed', 'receivableClosed'], { state: 'completed', entries: [claimGone] })
    given(remittance(), [...inHands, { type: 'deliveryReclaimed', ...place('50') }])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [notOwed] })
  })

  it('leaves to him what he has refunded by then: the customer is served twice, and his debt stands in clearing', () => {
    const paid = { refundId: 'rf_1', kind: 'owed', currency: 'EUR', minor: '9000' } as const
    const refundedByHand = [...inHands, { type: 'refundPaid', ...paid } as const]
    given(remittance(), refundedByHand)
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [notOwed] })
    // Nor does the debit's return end it, which comes and goes.
    given(remittance(), [...refundedByHand, reversed, { ...debitReturnedLate, ...at(3) }])
      .when(said('returnReversed', 4, 'debitFiat'))
      .then(['debitReturnReversed'], {
        state: 'review',
        entries: [['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
      })
  })

  it('is a person’s where the hold goes back to us: we owe the partner what he has paid', () => {
    given(remittance(), turning)
      .when(reversal)
      .then([reversed], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED', 'refundEscrow FAILED'],
        entries: [served],
        timers: { retryRefund: null },
      })
    given(remittance(), [...turning, refunded])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [served] })
  })

  it('has the credit only asked about that gives the customer his money back', () => {
    given(remittance(), [...turning, refunded, refundFinal])
      .when(reversal)
      .then([reversed], { state: 'review', answered: [...answered, 'creditFiat WITHDRAWN'], entries: [served] })
  })

  it('is owed by the customer who has his money back: he has been served twice', () => {
    const credited = [{ type: 'creditSettled', bankTransferId: 'bt_2' }, { type: 'transferCompensated' }] as const
    given(remittance(), [...turning, refunded, refundFinal, ...credited])
      .when(reversal)
      .then([reversed], {
        state: 'review',
        answered,
        entries: [served.map(line => line.replace('customer_clearing', 'receivable'))],
      })
  })

  it('is booked where a person has the transfer anyway', () => {
    const byAnybody = [...history.payingOut, released]
    given(remittance(), [...byAnybody, returned])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [served] })
    given(remittance(), [...byAnybody, payoutSettled, returned])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [notOwed] })
  })
})

describe('the reversal of a return of which nothing is known yet', () => {
  it.each(['releasing', 'released', 'completed'] as const)('books nothing, and then the return is none: %s', state => {
    given(remittance(), history[state]).when(reversal).then([reversed], { state })
    for (const late of [said('returned', 1), reversal])
      given(remittance(), [...history[state], reversed])
        .when(late)
        .thenNothing()
  })

  it('is the settlement where that is not known either', () => {
    given(remittance(), history.payingOut)
      .when(reversal)
      .then(['payoutSettled', reversed], { state: 'releasing', answered, intents: ['releaseEscrow'], entries: [served] })
    for (const late of [said('settled', 0), said('returned', 1)])
      given(remittance(), [...history.payingOut, payoutSettled, reversed])
        .when(late)
        .thenNothing()
    given(remittance(), history.refunding)
      .when(reversal)
      .then(['payoutSettled', reversed], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED', 'refundEscrow FAILED'],
        entries: [served],
        timers: { retryRefund: null },
      })
  })

  it('is followed by another return like the first', () => {
    given(remittance(), [...history.completed, reversed])
      .when(said('returned', 3))
      .then([{ type: 'payoutReturned', ...at(3) }, 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat FAILED'],
        entries: [owed],
      })
  })

  it('is none where nothing was to be paid out', () => {
    for (const state of ['requested', 'locked', 'committed', 'canceled', 'failed'] as const)
      given(remittance(), history[state]).when(reversal).thenNothing()
  })
})

describe('a later return', () => {
  it.each([
    ['releasing', [...history.releasing, returned]],
    ['released', [...history.released, returned]],
    ['refunding', turning],
    ['refunded', [...turning, refunded]],
    ['crediting', [...turning, refunded, refundFinal]],
    ['compensated', [...history.compensated, returned]],
    ['review', inHands],
  ] as const)('moves nothing, and outlives the reversal of the first: %s', (state, past) => {
    given(remittance(), past).when(said('returned', 3)).then([again], { state })
    for (const late of [reversal, said('returned', 3)])
      given(remittance(), [...past, again])
        .when(late)
        .thenNothing()
  })

  it.each([
    ['refunding', history.refunding],
    ['refunded', history.refunded],
    ['crediting', history.crediting],
    ['compensated', history.compensated],
    ['review', [...history.payingOut, released, payoutRefused]],
  ] as const)('than a refusal is kept, so that a settlement behind it counts for nothing: %s', (state, past) => {
    given(remittance(), past)
      .when(said('returned', 1))
      .then(['payoutReturned'], { state, answered: ['payoutFiat FAILED'] })
    given(remittance(), [...past, returned])
      .when(said('settled', 0))
      .thenNothing()
  })
})

afterAll(() => {
  const isWanted = (transition: string) => isOfPaymentReturns(transition) && !transition.includes(' credit')
  expect(unseen(remittanceTransitions, isWanted), 'transitions that no test has seen').toEqual([])
})
