import { afterAll, describe, expect, it } from 'vitest'
import { depositOrphaned, final, owedByCustomer, paidBack } from '../../../../test/support/deposit-behaviour/telling.ts'
import { given, isOfPaymentReturns, unseen } from '../../../../test/support/given.ts'
import {
  collectPlace,
  deposit,
  depositRefunded,
  giveBackPlace,
  history,
  offramp,
  payoutRefused,
  payoutReturned,
  payoutSays,
  payoutSettled,
} from '../../../../test/support/offramp.ts'
import { place, settledAtMs } from '../../../../test/support/onramp.ts'
import type { RailFact } from '../../rails/rail.ts'
import type { TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import { offrampTransitions } from './transitions.ts'

const at = (minute: number) => ({ at: new Date(settledAtMs + minute * 60_000).toISOString() })
const said = (type: RailFact['type'], minute: number): Input => ({
  type: 'railFact',
  step: 'payoutFiat',
  fact: { ...payoutSays(type), ...at(minute) },
})
const returned: TransferEvent = { ...payoutReturned, ...at(1) }
const reversed: TransferEvent = { type: 'payoutReturnReversed', bankTransferId: 'bt_9', ...at(2) }
const again: TransferEvent = { type: 'payoutReturnedAgain', ...at(3) }
const reversal = said('returnReversed', 2)
const taken: TransferEvent = { type: 'depositClawedBack', ...place('50') }
const turnedBack: TransferEvent = { type: 'compensationStarted', reason: 'payout_returned' }
const givenBack: TransferEvent = { type: 'depositRefundFinalized' }

const owed = ['customer_clearing:USD -100.00', 'bank_cash:bank:sim:USD +100.00']
const notOwed = ['bank_cash:bank:sim:USD -100.00', 'customer_clearing:USD +100.00']
const exchanged = [
  ...['bank_cash:bank:sim:USD -100.00', 'exchange:USD +100.00'],
  ...['exchange:USDC -100.000000', 'customer_clearing:USDC +100.000000'],
  ...['fee_income:USDC -0.250000', 'customer_clearing:USDC +0.250000'],
]
const answered = ['payoutFiat SUCCEEDED']

/** Its return has overtaken its settlement, so the deposit goes back. */
const turning = [...history.payingOut, returned, turnedBack]
const refused = [...history.payingOut, payoutRefused, { type: 'compensationStarted', reason: 'rail_refused' } as const]
/** A person has what came back of one that had arrived. */
const inHands = [...history.completed, returned, { type: 'receivableOpened' } as const]

describe('a payout’s return that the bank takes back', () => {
  it.each(['collecting', 'collected'] as const)('is no debt of a transfer that is %s, which completes', state => {
    given(offramp(), [...history[state], returned])
      .when(reversal)
      .then([reversed], { state, answered, entries: [notOwed] })
    given(offramp(), [...history.collected, returned, reversed])
      .when(final('depositRelease', collectPlace))
      .then(['depositReleaseFinalized'], {
        state: 'completed',
        entries: [['escrow:evm:1:USDC -100.250000', 'treasury:evm:1:USDC +100.250000']],
        waits: { depositRelease: null },
      })
  })

  it('leaves a person nothing to do where it alone had brought the transfer to him', () => {
    given(offramp(), inHands)
      .when(reversal)
      .then([reversed, 'receivableClosed'], { state: 'completed', answered, entries: [notOwed] })
    given(offramp(), [...history.collecting, returned, taken, { type: 'receivableOpened' }])
      .when(reversal)
      .then([reversed, 'receivableClosed'], { state: 'completed', answered, entries: [notOwed] })
    const balance = [...history.payingOut, payoutSettled, { type: 'depositReleaseFinalized' }, returned] as const
    given(offramp({ deposit: deposit('balance') }), [...balance, { type: 'receivableOpened' }])
      .when(reversal)
      .then([reversed, 'receivableClosed'], { state: 'completed', answered, entries: [notOwed] })
  })

  it('leaves to him what he has refunded by then: the customer is served twice, and his debt stands in clearing', () => {
    const paid = { refundId: 'rf_1', kind: 'owed', currency: 'USD', minor: '10000' } as const
    given(offramp(), [...inHands, { type: 'refundPaid', ...paid }])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [notOwed] })
  })

  it('is a person’s again where he has ended the transfer, and he decides', () => {
    const resolved: TransferEvent = {
      type: 'transferResolved',
      ...{ outcome: 'completed', evidence: 'a wire', document: null },
      closing: [{ account: 'customer_clearing:USD', into: 'bank_cash:bank:sim:USD', currency: 'USD', minor: '-10000' }],
    }
    given(offramp(), [...inHands, resolved])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [notOwed] })
    given(offramp(), [...inHands, resolved])
      .when(said('returned', 3))
      .then([again], { state: 'resolved' })
  })

  it.each([
    ['refundingDeposit', turning],
    ['refundedDeposit', [...turning, depositRefunded]],
    ['refundingDeposit', [...refused, payoutSettled, returned]],
    ['refundedDeposit', [...refused, depositRefunded, payoutSettled, returned]],
  ] as const)('does not stop a deposit that goes back: %s', (state, past) => {
    given(offramp(), past)
      .when(reversal)
      .then([reversed], { state, answered, entries: [exchanged] })
  })

  it('is owed by the customer when his deposit is his again', () => {
    given(offramp(), [...turning, depositRefunded, reversed])
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized', 'receivableOpened'], {
        state: 'review',
        entries: [paidBack, owedByCustomer],
        waits: { depositRefund: null },
      })
    given(offramp(), [...turning, depositRefunded, givenBack])
      .when(reversal)
      .then([reversed, 'receivableOpened'], { state: 'review', answered, entries: [exchanged, owedByCustomer] })
    given(offramp(), [...turning, depositOrphaned, { type: 'depositExpired' }])
      .when(reversal)
      .then([reversed, 'receivableOpened'], { state: 'review', answered, entries: [exchanged, owedByCustomer] })
  })

  it('is owed by him where the deposit went back after the return, when nobody owed anything', () => {
    const bothBack = [...history.collecting, returned, depositRefunded, givenBack, { type: 'receivableOpened' }] as const
    given(offramp(), bothBack)
      .when(reversal)
      .then([reversed, 'receivableOpened'], { state: 'review', answered, entries: [notOwed, owedByCustomer] })
  })

  it('is owed by him once, where he owed it before the return', () => {
    const owing = [...history.collecting, depositRefunded, givenBack, { type: 'receivableOpened' }] as const
    const takenFromHim = [...refused, payoutSettled, taken, { type: 'receivableOpened' }] as const
    for (const past of [owing, takenFromHim])
      given(offramp(), [...past, returned])
        .when(reversal)
        .then([reversed], { state: 'review', answered, entries: [notOwed] })
  })

  it('is booked where its issuer took the deposit before it settled, and stays a person’s', () => {
    const lost = [...history.payingOut, taken]
    given(offramp(), [...lost, returned])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [exchanged] })
    given(offramp(), [...lost, payoutSettled, returned])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [notOwed] })
  })
})

describe('the reversal of a return of which nothing is known yet', () => {
  it.each(['collecting', 'collected', 'completed'] as const)('books nothing, and then the return is none: %s', state => {
    given(offramp(), history[state]).when(reversal).then([reversed], { state })
    given(offramp(), [...history[state], reversed])
      .when(said('returned', 1))
      .thenNothing()
    given(offramp(), [...history[state], reversed])
      .when(reversal)
      .thenNothing()
  })

  it('is the settlement where that is not known either', () => {
    given(offramp(), history.payingOut)
      .when(reversal)
      .then(['payoutSettled', reversed], {
        state: 'collecting',
        answered,
        intents: ['releaseDeposit'],
        entries: [exchanged],
        liquidity: 'consume',
      })
    const settled = [...history.payingOut, payoutSettled, reversed]
    for (const [type, minute] of [
      ['settled', 0],
      ['returned', 1],
    ] as const)
      given(offramp(), settled).when(said(type, minute)).thenNothing()
    given(offramp(), [...refused, depositRefunded, givenBack])
      .when(reversal)
      .then(['payoutSettled', 'receivableOpened', reversed], {
        state: 'review',
        answered,
        entries: [exchanged, owedByCustomer],
      })
  })

  it('is followed by another return like the first', () => {
    given(offramp(), [...history.completed, reversed])
      .when(said('returned', 3))
      .then([{ type: 'payoutReturned', ...at(3) }, 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat FAILED'],
        entries: [owed],
        liquidity: 'restore',
      })
  })

  it('is none where nothing was to be paid out', () => {
    for (const state of ['requested', 'committed', 'canceled', 'compensated', 'failed'] as const)
      given(offramp(), history[state]).when(reversal).thenNothing()
  })
})

describe('a later return', () => {
  it.each([
    ['collecting', [...history.collecting, returned]],
    ['collected', [...history.collected, returned]],
    ['refundingDeposit', turning],
    ['refundedDeposit', [...turning, depositRefunded]],
    ['compensated', [...turning, depositRefunded, givenBack]],
    ['failed', [...turning, depositOrphaned, { type: 'depositExpired' }]],
    ['review', inHands],
  ] as const)('moves nothing, and outlives the reversal of the first: %s', (state, past) => {
    given(offramp(), past).when(said('returned', 3)).then([again], { state })
    for (const late of [reversal, said('returned', 3)])
      given(offramp(), [...past, again])
        .when(late)
        .thenNothing()
  })

  it.each([
    ['refundingDeposit', refused],
    ['refundedDeposit', [...refused, depositRefunded]],
    ['compensated', [...refused, depositRefunded, givenBack]],
    ['failed', [...refused, depositOrphaned, { type: 'depositExpired' }]],
    ['review', [...history.payingOut, taken, payoutRefused]],
  ] as const)('than a refusal is kept, so that a settlement behind it counts for nothing: %s', (state, past) => {
    given(offramp(), past)
      .when(said('returned', 1))
      .then(['payoutReturned'], { state, answered: ['payoutFiat FAILED'] })
    given(offramp(), [...past, returned])
      .when(said('settled', 0))
      .thenNothing()
  })
})

afterAll(() => {
  expect(unseen(offrampTransitions, isOfPaymentReturns), 'transitions that no test has seen').toEqual([])
})
