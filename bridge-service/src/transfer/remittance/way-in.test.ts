import { afterAll, describe, expect, it } from 'vitest'
import { exercised, given, isOfReversals, unseen } from '../../../../test/support/given.ts'
import {
  cancel,
  deadline,
  debit,
  final,
  included,
  orphaned,
  payout,
  refusal,
  screened,
  unknown,
} from '../../../../test/support/inputs.ts'
import { debitReturned, debitSettled, finalAtMs, place, refundAfterMs, settledAtMs } from '../../../../test/support/onramp.ts'
import { hold, intoEscrow, outOfEscrow, paidBack, paidIn, unhold } from '../../../../test/support/onramp-lines.ts'
import { history, remittance } from '../../../../test/support/remittance.ts'
import { outOfEscrowAs } from '../../../../test/support/remittance-lines.ts'
import { request } from '../decide.ts'
import { remittanceTransitions } from './transitions.ts'

const turned = {
  state: 'refunding',
  intents: ['refundEscrow'],
  timers: { clearing: null, retryCommit: null },
  waits: { lock: null, commit: null },
} as const

describe('a new remittance', () => {
  it('is screened before anything else', () => {
    const { events, intents } = request(remittance(), settledAtMs)
    exercised().add('none transferRequested')
    expect(events).toEqual([{ version: 1, from: 'none', to: 'requested', event: { type: 'transferRequested' } }])
    expect(intents).toEqual([{ step: 'screen', attempt: 0 }])
  })

  it('reserves what it will hold, not what it will pay out', () => {
    given(remittance(), history.requested)
      .when(screened(100_000_000n))
      .then(['screeningPassed', 'liquidityReserved'], {
        state: 'debiting',
        answered: ['screen SUCCEEDED'],
        intents: ['debitFiat'],
        entries: [hold],
        liquidity: 'reserve',
      })
    given(remittance(), history.requested)
      .when(screened(99_999_999n))
      .then(['screeningPassed', { type: 'liquidityRefused', code: 'liquidity_insufficient' }], {
        state: 'failed',
        answered: ['screen SUCCEEDED'],
      })
  })

  it('reserves nothing when the hold is minted', () => {
    given(remittance({ funding: 'mint' }), history.requested)
      .when(screened(0n))
      .then(['screeningPassed', 'mintPlanned'], {
        state: 'debiting',
        answered: ['screen SUCCEEDED'],
        intents: ['debitFiat'],
        entries: [['issued:evm:1:USDC -100.000000 pending', 'escrow:evm:1:USDC +100.000000 pending']],
      })
  })

  it('fails when the screening refuses it, and ends at once when it is canceled', () => {
    given(remittance(), history.requested)
      .when(refusal('screen'))
      .then(['screeningRefused'], { state: 'failed', answered: ['screen FAILED'] })
    given(remittance(), history.requested)
      .when(cancel)
      .then(['transferCanceled'], { state: 'canceled', answered: ['screen FAILED'] })
    given(remittance(), history.canceled).when(screened(100_000_000n)).thenNothing()
  })
})

describe('the debit', () => {
  it('locks the hold when it has settled, with deadlines that count from the day on which it is final', () => {
    given(remittance(), history.debiting)
      .when(debit('settled'))
      .then([debitSettled], {
        state: 'locking',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['lockEscrow'],
        entries: [paidIn],
      })
    given(remittance(), history.locking).when(debit('settled')).thenNothing()
  })

  it('is asked about while it is under way or unknown', () => {
    given(remittance(), history.debiting)
      .when(debit('submitted'))
      .then(['debitSubmitted'], { state: 'debiting', answered: ['debitFiat IN_FLIGHT'] })
    given(remittance(), history.debiting)
      .when(unknown('debitFiat'))
      .then(['debitUnknown'], { state: 'debiting', answered: ['debitFiat UNKNOWN'] })
    given(remittance(), history.locking).when(unknown('debitFiat')).thenNothing()
  })

  it.each([
    ['rejects it', debit('rejected', 'R01')],
    ['refuses it', refusal('debitFiat')],
    ['takes it back before it has told of its settlement', debit('returned', 'R01')],
  ])('fails and gives the liquidity back when the bank %s', (_verb, input) => {
    given(remittance(), history.debiting)
      .when(input)
      .then(['debitRefused'], { state: 'failed', answered: ['debitFiat FAILED'], entries: [unhold], liquidity: 'free' })
  })

  it('comes to a person when the bank settles what it had rejected', () => {
    given(remittance(), history.failed)
      .when(debit('settled'))
      .then(['debitSettled'], { state: 'review', answered: ['debitFiat SUCCEEDED'], entries: [paidIn] })
  })

  it('pays back what a canceled transfer has taken', () => {
    given(remittance(), history.debiting).when(cancel).then(['cancelRequested'], { state: 'debiting' })
    given(remittance(), [...history.debiting, { type: 'cancelRequested', reason: 'x' }])
      .when(debit('settled'))
      .then(['debitSettled', 'compensationStarted'], {
        state: 'crediting',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['creditFiat'],
        entries: [paidIn, unhold],
        liquidity: 'free',
      })
  })
})

describe('the lock', () => {
  it('waits for finality, and stands in the ledger from then on', () => {
    given(remittance(), history.locking)
      .when(included('escrowLocked', '10'))
      .then(['escrowLocked'], { state: 'locked', answered: ['lockEscrow SUCCEEDED'], waits: { lock: '0x10:0' } })
    given(remittance(), history.locked)
      .when(final('lock', '10'))
      .then(['lockFinalized'], {
        state: 'clearing',
        entries: [[...unhold, ...intoEscrow]],
        timers: { clearing: finalAtMs },
        waits: { lock: null },
      })
    given(remittance(), history.locked).when(final('lock', '11')).thenNothing()
    given(remittance(), history.locked).when(included('escrowLocked', '10')).thenNothing()
  })

  it('credits the customer back when the chain refuses it', () => {
    given(remittance(), history.locking)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'crediting',
        answered: ['lockEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
      })
  })

  it('is refunded as soon as it is there when somebody turned back meanwhile', () => {
    given(remittance(), history.locking).when(cancel).then(['cancelRequested'], { state: 'locking' })
    given(remittance(), history.locking)
      .when(debit('returned', 'R01'))
      .then([debitReturned], { state: 'locking', entries: [paidBack] })
    given(remittance(), [...history.locking, debitReturned])
      .when(included('escrowLocked', '10'))
      .then(['escrowLocked', 'compensationStarted'], { ...turned, answered: ['lockEscrow SUCCEEDED'] })
  })

  it('is waited for again when a reorg takes it away, and is a hold again when even the final one goes', () => {
    const gone = { answered: ['lockEscrow IN_FLIGHT'], timers: { clearing: null }, waits: { lock: null } }
    given(remittance(), history.locked)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], { ...gone, state: 'locking' })
    given(remittance(), history.clearing)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], { ...gone, state: 'locking', entries: [[...outOfEscrow, ...hold]] })
    given(remittance(), history.locked)
      .when(included('escrowLocked', '10', 'b'))
      .then(['lockOrphaned', { type: 'escrowLocked', ...place('10', 'b') }], {
        state: 'locked',
        timers: { clearing: null },
        waits: { lock: '0x10:0' },
      })
    given(remittance(), history.committing).when(orphaned('escrowLocked', '10')).thenNothing()
  })

  it.each(['locked', 'clearing'] as const)('turns back while it is %s', state => {
    given(remittance(), history[state]).when(cancel).then(['cancelRequested', 'compensationStarted'], turned)
    given(remittance(), history[state])
      .when(debit('returned', 'R01'))
      .then([debitReturned, { type: 'compensationStarted', reason: 'debit_returned' }], { ...turned, entries: [paidBack] })
  })

  it.each([
    ['locking', ['lockEscrow SUCCEEDED']],
    ['locked', []],
    ['clearing', []],
  ] as const)('may be refunded by anybody when its deadline has passed: %s', (state, answered) => {
    given(remittance(), history[state])
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], {
        state: 'refunded',
        answered,
        timers: { clearing: null, retryCommit: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, commit: null, refund: '0x30:0' },
      })
  })

  it.each([
    ['locking', ['lockEscrow SUCCEEDED']],
    ['locked', []],
    ['clearing', []],
  ] as const)('is our exposure when the issuer takes it while the transfer is %s', (state, answered) => {
    given(remittance(), history[state])
      .when(included('escrowClawedBack', '40'))
      .then(['escrowClawedBack'], {
        state: 'crediting',
        answered,
        intents: ['creditFiat'],
        entries: [
          state === 'clearing'
            ? outOfEscrowAs('exposure:evm:1:USDC')
            : [...unhold, 'treasury:evm:1:USDC -100.000000', 'exposure:evm:1:USDC +100.000000'],
        ],
        timers: { clearing: null, retryCommit: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, commit: null },
        liquidity: 'consume',
      })
  })
})

describe('clearing', () => {
  it('commits the escrow when the debit is final', () => {
    given(remittance(), history.clearing)
      .when(deadline('clearing'), finalAtMs)
      .then(['clearingPassed'], { state: 'committing', intents: ['commitEscrow'], timers: { clearing: null } })
    given(remittance(), history.locked)
      .when(final('lock', '10'), finalAtMs)
      .then(['lockFinalized', 'clearingPassed'], {
        state: 'committing',
        intents: ['commitEscrow'],
        entries: [[...unhold, ...intoEscrow]],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('pays out at once where only our own keys can move the escrow', () => {
    given(remittance({ commits: false }), history.clearing)
      .when(deadline('clearing'), finalAtMs)
      .then(['clearingPassed', 'commitSkipped'], {
        state: 'payingOut',
        intents: ['payoutFiat'],
        timers: { clearing: null },
      })
  })

  it('turns back when a commit could race with anybody’s refund', () => {
    given(remittance(), history.clearing)
      .when(deadline('clearing'), refundAfterMs - 60_000)
      .then([{ type: 'compensationStarted', reason: 'deadline_passed' }], turned)
    given(remittance(), history.clearing)
      .when(deadline('clearing'), refundAfterMs - 60_001)
      .then(['clearingPassed'], { state: 'committing', intents: ['commitEscrow'], timers: { clearing: null } })
  })

  it('hears of no payout that was never wished, and of nothing that only others have', () => {
    for (const type of ['submitted', 'settled', 'rejected', 'returned'] as const)
      given(remittance(), history.clearing).when(payout(type)).thenNothing()
    given(remittance(), history.clearing).when(included('escrowReleased', '20')).thenNothing()
    given(remittance(), history.clearing).when(included('escrowCommitted', '15')).thenNothing()
    given(remittance(), history.clearing).when(included('deliveryClaimed', '51')).thenNothing()
    given(remittance(), history.clearing)
      .when({ type: 'depositFact', kind: 'escrowLocked', status: 'included', place: place('60') })
      .thenNothing()
    given(remittance(), history.clearing).when(final('deposit', '60')).thenNothing()
    given(remittance(), history.clearing).when(deadline('deposit')).thenNothing()
  })
})

afterAll(() => {
  // A return behind a refusal is in return-reversal.test.ts.
  const states = ['none', 'requested', 'screened', 'debiting', 'failed', 'locking', 'locked', 'clearing']
  const isWanted = (transition: string) =>
    states.includes(transition.split(' ')[0]!) && !isOfReversals(transition) && transition !== 'failed debitReturned'
  expect(unseen(remittanceTransitions, isWanted), 'transitions that no test has seen').toEqual([])
})
