import { afterAll, describe, expect, it } from 'vitest'
import { exercised, given, isOfReversals, unseen } from '../../../../test/support/given.ts'
import {
  cancel,
  credit,
  deadline,
  debit,
  final,
  included,
  orphaned,
  refusal,
  screened,
  unknown,
} from '../../../../test/support/inputs.ts'
import {
  bankSays,
  debitReturned,
  debitReturnedLate,
  debitSettled,
  finalAtMs,
  history,
  onramp,
  place,
  refundAfterMs,
  refundRefused,
  releaseRefused,
  settledAtMs,
  softDeadlineMs,
} from '../../../../test/support/onramp.ts'
import { request } from '../decide.ts'
import type { TransferEvent } from '../event.ts'
import { onrampTransitions } from './transitions.ts'

const paidIn = ['customer_clearing:USD -100.25', 'bank_cash:USD +100.25']
const paidBack = ['bank_cash:USD -100.25', 'customer_clearing:USD +100.25']
const lost = ['bank_cash:USD -100.25', 'receivable:USD +100.25']
const hold = ['treasury:evm:1:USDC -100.000000 pending', 'escrow:evm:1:USDC +100.000000 pending']
const unhold = ['escrow:evm:1:USDC -100.000000 pending', 'treasury:evm:1:USDC +100.000000 pending']
const intoEscrow = ['treasury:evm:1:USDC -100.000000', 'escrow:evm:1:USDC +100.000000']
const outOfEscrow = ['escrow:evm:1:USDC -100.000000', 'treasury:evm:1:USDC +100.000000']

describe('an on-ramp whose stablecoins are minted', () => {
  const minted = () => onramp({ funding: 'mint' })
  const planned = (events: readonly TransferEvent[]) =>
    events.map(event => (event.type === 'liquidityReserved' ? ({ type: 'mintPlanned' } as const) : event))
  const intoHold = ['issued:evm:1:USDC -100.000000 pending', 'escrow:evm:1:USDC +100.000000 pending']
  const outOfHold = ['escrow:evm:1:USDC -100.000000 pending', 'issued:evm:1:USDC +100.000000 pending']

  it('reserves nothing, whatever the pool has', () => {
    given(minted(), history.requested)
      .when(screened(0n))
      .then(['screeningPassed', 'mintPlanned'], {
        state: 'debiting',
        answered: ['screen SUCCEEDED'],
        intents: ['debitFiat'],
        entries: [intoHold],
      })
  })

  it('owes what is locked from the moment on that the lock is final', () => {
    given(minted(), planned(history.locked))
      .when(final('lock', '10'))
      .then(['lockFinalized'], {
        state: 'clearing',
        entries: [[...outOfHold, 'issued:evm:1:USDC -100.000000', 'escrow:evm:1:USDC +100.000000']],
        timers: { clearing: finalAtMs },
        waits: { lock: null },
      })
  })

  it('goes on owing what was released to the customer', () => {
    given(minted(), planned(history.released))
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
        waits: { release: null },
      })
  })

  it('owes what was refunded no longer: it is burned', () => {
    given(minted(), planned(history.refunded))
      .when(final('refund', '30'))
      .then(['refundFinalized'], {
        state: 'crediting',
        intents: ['creditFiat'],
        entries: [['escrow:evm:1:USDC -100.000000', 'issued:evm:1:USDC +100.000000']],
        waits: { refund: null },
      })
  })

  it('ends its hold when the token will not mint', () => {
    given(minted(), planned(history.locking))
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'crediting',
        answered: ['lockEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [outOfHold],
      })
  })
})

describe('a new on-ramp', () => {
  it('is screened before anything else', () => {
    const { after, events, intents } = request(onramp(), settledAtMs)
    exercised.add('none transferRequested')
    expect(events).toEqual([{ version: 1, from: 'none', to: 'requested', event: { type: 'transferRequested' } }])
    expect(after).toMatchObject({ state: 'requested', version: 1 })
    expect(intents).toEqual([{ step: 'screen', attempt: 0 }])
  })

  it('reserves what it will deliver and debits the customer when the screening has passed', () => {
    given(onramp(), history.requested)
      .when(screened(100_000_000n))
      .then([{ type: 'screeningPassed', list: 'test' }, 'liquidityReserved'], {
        state: 'debiting',
        answered: ['screen SUCCEEDED'],
        intents: ['debitFiat'],
        entries: [hold],
        liquidity: 'reserve',
      })
  })

  it('fails when the pool lacks one minor unit', () => {
    given(onramp(), history.requested)
      .when(screened(99_999_999n))
      .then(['screeningPassed', { type: 'liquidityRefused', code: 'liquidity_insufficient' }], {
        state: 'failed',
        answered: ['screen SUCCEEDED'],
      })
  })

  it('fails when the screening refuses it', () => {
    given(onramp(), history.requested)
      .when(refusal('screen'))
      .then(['screeningRefused'], { state: 'failed', answered: ['screen FAILED'] })
  })

  it('is canceled on the spot while it is only screened, and then nobody waits for the screening any more', () => {
    given(onramp(), history.requested)
      .when(cancel)
      .then([{ type: 'transferCanceled', reason: 'changed my mind' }], { state: 'canceled', answered: ['screen FAILED'] })
  })

  it('ignores a screening that came too late', () => {
    given(onramp(), history.canceled).when(screened(100_000_000n)).thenNothing()
    given(onramp(), history.canceled).when(refusal('screen')).thenNothing()
    given(onramp(), history.debiting).when(screened(100_000_000n)).thenNothing()
  })
})

describe('the debit', () => {
  it('is asked for again later when the bank has it but not settled it', () => {
    given(onramp(), history.debiting)
      .when(debit('submitted'))
      .then([{ type: 'debitSubmitted', bankTransferId: 'bt_1' }], { state: 'debiting', answered: ['debitFiat IN_FLIGHT'] })
  })

  it('is told once that it was submitted', () => {
    given(onramp(), [...history.debiting, { type: 'debitSubmitted', bankTransferId: 'bt_1' }])
      .when(debit('submitted'))
      .thenNothing()
    given(onramp(), history.locking).when(debit('submitted')).thenNothing()
  })

  it('holds everything as it is while its outcome is unknown', () => {
    given(onramp(), history.debiting)
      .when(unknown('debitFiat'))
      .then(['debitUnknown'], { state: 'debiting', answered: ['debitFiat UNKNOWN'] })
    given(onramp(), history.locking).when(unknown('debitFiat')).thenNothing()
  })

  it('locks the escrow when it has settled, with deadlines that count from the day on which it is final', () => {
    given(onramp(), history.debiting)
      .when(debit('settled'))
      .then([debitSettled], {
        state: 'locking',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['lockEscrow'],
        entries: [paidIn],
      })
  })

  it('settles the same way by the answer to our own question', () => {
    given(onramp(), history.debiting)
      .when({ type: 'railAnswered', step: 'debitFiat', fact: bankSays('settled') })
      .then(['debitSettled'], {
        state: 'locking',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['lockEscrow'],
        entries: [paidIn],
      })
  })

  it('counts the deadlines from now when the bank names a day long past', () => {
    const laterMs = finalAtMs + 30 * 86_400_000
    given(onramp(), history.debiting)
      .when(debit('settled'), laterMs)
      .then([{ type: 'debitSettled', refundAfter: (laterMs + softDeadlineMs) / 1000 }], {
        state: 'locking',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['lockEscrow'],
        entries: [paidIn],
      })
  })

  it('takes its own time when the bank names none that can be read', () => {
    const fact = { ...bankSays('settled'), at: 'yesterday' }
    given(onramp(), history.debiting)
      .when({ type: 'railFact', step: 'debitFiat', fact }, settledAtMs + 1)
      .then([{ type: 'debitSettled', finalAt: new Date(finalAtMs + 1).toISOString() }], {
        state: 'locking',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['lockEscrow'],
        entries: [paidIn],
      })
  })

  it('settles once', () => {
    given(onramp(), history.locking).when(debit('settled')).thenNothing()
    given(onramp(), history.completed).when(debit('settled')).thenNothing()
  })

  it.each([
    ['rejects', debit('rejected', 'R01')],
    ['refuses', refusal('debitFiat')],
  ])('fails and gives the liquidity back when the bank %s it', (_verb, input) => {
    given(onramp(), history.debiting)
      .when(input)
      .then(['debitRefused'], { state: 'failed', answered: ['debitFiat FAILED'], entries: [unhold], liquidity: 'free' })
    given(onramp(), history.locking).when(input).thenNothing()
  })

  it('comes to a person when the bank settles what it had rejected', () => {
    given(onramp(), history.failed)
      .when(debit('settled'))
      .then(['debitSettled'], { state: 'review', answered: ['debitFiat SUCCEEDED'], entries: [paidIn] })
  })

  it('is as if never made when the news of its return overtakes the news of its settlement', () => {
    const returnedFirst = [...history.debiting, { type: 'debitRefused', code: 'debit_returned', detail: 'R01' } as const]
    given(onramp(), history.debiting)
      .when(debit('returned', 'R01'))
      .then([{ type: 'debitRefused', code: 'debit_returned' }], {
        state: 'failed',
        answered: ['debitFiat FAILED'],
        entries: [unhold],
        liquidity: 'free',
      })
    given(onramp(), returnedFirst).when(debit('settled')).thenNothing()
  })

  it('is as if never made, too, when the bank settles what it had rejected, and the news of its return is quicker', () => {
    given(onramp(), history.failed).when(debit('returned', 'R01')).then(['debitReturned'], { state: 'failed' })
    const returnedFirst = [...history.failed, debitReturned]
    given(onramp(), returnedFirst).when(debit('settled')).thenNothing()
    given(onramp(), returnedFirst).when(debit('returned', 'R01')).thenNothing()
  })

  it('pays back what a canceled transfer has taken', () => {
    given(onramp(), history.debiting).when(cancel).then(['cancelRequested'], { state: 'debiting' })
    given(onramp(), [...history.debiting, { type: 'cancelRequested', reason: 'x' }])
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
  it('waits for finality when it is on chain', () => {
    given(onramp(), history.locking)
      .when(included('escrowLocked', '10'))
      .then(['escrowLocked'], { state: 'locked', answered: ['lockEscrow SUCCEEDED'], waits: { lock: '0x10:0' } })
  })

  it('credits the customer back when the chain refuses it', () => {
    given(onramp(), history.locking)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'crediting',
        answered: ['lockEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
      })
    given(onramp(), history.locked).when(refusal('lockEscrow')).thenNothing()
  })

  it('ends it all when the chain refuses it and the bank has taken the debit back already', () => {
    given(onramp(), [...history.locking, debitReturned])
      .when(refusal('lockEscrow'))
      .then(['lockRefused', 'transferCompensated'], {
        state: 'compensated',
        answered: ['lockEscrow FAILED'],
        entries: [unhold],
        liquidity: 'free',
      })
  })

  it.each([
    ['the customer canceled', { type: 'cancelRequested', reason: 'x' } as const],
    ['the debit was returned', debitReturned],
  ])('is refunded as soon as it is there when %s meanwhile', (_why, meanwhile) => {
    given(onramp(), [...history.locking, meanwhile])
      .when(included('escrowLocked', '10'))
      .then(['escrowLocked', 'compensationStarted'], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is only asked for while it is not on chain', () => {
    given(onramp(), history.locking).when(cancel).then(['cancelRequested'], { state: 'locking' })
    given(onramp(), history.locking)
      .when(debit('returned', 'R01'))
      .then([debitReturned], { state: 'locking', entries: [paidBack] })
  })

  it('is waited for again when a reorg takes it away', () => {
    given(onramp(), history.locked)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], {
        state: 'locking',
        answered: ['lockEscrow IN_FLIGHT'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is a hold again in the books when even the final one goes', () => {
    given(onramp(), history.clearing)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], {
        state: 'locking',
        answered: ['lockEscrow IN_FLIGHT'],
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('waits for the finality of its new place when it was mined again elsewhere', () => {
    given(onramp(), history.locked)
      .when(included('escrowLocked', '10', 'b'))
      .then(['lockOrphaned', { type: 'escrowLocked', ...place('10', 'b') }], {
        state: 'locked',
        timers: { clearing: null },
        waits: { lock: '0x10:0' },
      })
    given(onramp(), history.clearing)
      .when(included('escrowLocked', '10', 'b'))
      .then(['lockOrphaned', 'escrowLocked'], {
        state: 'locked',
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null },
        waits: { lock: '0x10:0' },
      })
  })

  it('is waited for again when a reorg takes it away while it is refunded, since without it there is nothing to refund', () => {
    const over = ['lockEscrow IN_FLIGHT', 'refundEscrow FAILED']
    given(onramp(), history.refunding)
      .when(orphaned('escrowLocked', '10'))
      .then(['lockOrphaned'], {
        state: 'locking',
        answered: over,
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null, retryRefund: null },
        waits: { lock: null },
      })
    given(onramp(), history.refunded)
      .when(orphaned('escrowLocked', '10'))
      .then(['refundOrphaned', 'lockOrphaned'], {
        state: 'locking',
        answered: over,
        entries: [[...outOfEscrow, ...hold]],
        timers: { clearing: null, retryRefund: null },
        waits: { lock: null, refund: null },
      })
  })

  it('is refunded by another wish when it is back, and by none when the chain no longer takes it', () => {
    const gone = [...history.refunding, { type: 'lockOrphaned', fact: place('10').fact } as const]
    given(onramp(), [...gone, debitReturned])
      .when(included('escrowLocked', '10', 'b'))
      .then(['escrowLocked', 'compensationStarted'], {
        state: 'refunding',
        answered: ['lockEscrow SUCCEEDED'],
        intents: ['refundEscrow 1'],
        timers: { clearing: null },
        waits: { lock: null },
      })
    given(onramp(), gone)
      .when(refusal('lockEscrow'))
      .then(['lockRefused'], {
        state: 'crediting',
        answered: ['lockEscrow FAILED'],
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
      })
  })

  it('is known once, and only the one that we wait for can be orphaned', () => {
    given(onramp(), history.locked).when(included('escrowLocked', '10')).thenNothing()
    given(onramp(), history.clearing).when(included('escrowLocked', '10')).thenNothing()
    given(onramp(), history.locked).when(orphaned('escrowLocked', '11')).thenNothing()
    given(onramp(), history.releasing).when(orphaned('escrowLocked', '10')).thenNothing()
  })

  it('stands in the ledger when it is final, and waits for the debit to be final', () => {
    given(onramp(), history.locked)
      .when(final('lock', '10'))
      .then(['lockFinalized'], {
        state: 'clearing',
        entries: [[...unhold, ...intoEscrow]],
        timers: { clearing: finalAtMs },
        waits: { lock: null },
      })
    given(onramp(), history.locked).when(final('lock', '11')).thenNothing()
    given(onramp(), history.clearing).when(final('lock', '10')).thenNothing()
  })

  it('is released at once when the debit is final by then', () => {
    given(onramp(), history.locked)
      .when(final('lock', '10'), finalAtMs)
      .then(['lockFinalized', 'clearingPassed'], {
        state: 'releasing',
        intents: ['releaseEscrow'],
        entries: [[...unhold, ...intoEscrow]],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is refunded when it became final so late that a release could race with the deadline', () => {
    const tooLate = {
      state: 'refunding',
      intents: ['refundEscrow'],
      entries: [[...unhold, ...intoEscrow]],
      timers: { clearing: null },
      waits: { lock: null },
    } as const
    given(onramp(), history.locked)
      .when(final('lock', '10'), refundAfterMs - 60_000)
      .then(['lockFinalized', { type: 'compensationStarted', reason: 'deadline_passed' }], tooLate)
    given(onramp(), history.locked)
      .when(final('lock', '10'), refundAfterMs - 60_001)
      .then(['lockFinalized', 'clearingPassed'], { ...tooLate, state: 'releasing', intents: ['releaseEscrow'] })
  })

  it.each(['locked', 'clearing'] as const)('is refunded when the customer cancels a transfer that is %s', state => {
    given(onramp(), history[state])
      .when(cancel)
      .then(['cancelRequested', 'compensationStarted'], {
        state: 'refunding',
        intents: ['refundEscrow'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it.each(['locked', 'clearing'] as const)('is refunded when the debit of a transfer that is %s comes back', state => {
    given(onramp(), history[state])
      .when(debit('returned', 'R01'))
      .then([debitReturned, { type: 'compensationStarted', reason: 'debit_returned' }], {
        state: 'refunding',
        intents: ['refundEscrow'],
        entries: [paidBack],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it.each(['locked', 'clearing'] as const)('may be refunded by anybody when its deadline has passed: %s', state => {
    given(onramp(), history[state])
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], {
        state: 'refunded',
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
  })
})

describe('a refund by anybody that is heard of before its lock', () => {
  it('is a refund all the same, and the lock is no news any more', () => {
    given(onramp(), history.locking)
      .when(included('escrowRefunded', '30'))
      .then(['escrowRefunded'], {
        state: 'refunded',
        answered: ['lockEscrow SUCCEEDED'],
        timers: { clearing: null, retryRelease: null, retryRefund: null },
        waits: { lock: null, refund: '0x30:0' },
      })
    const refunded = [...history.locking, { type: 'escrowRefunded', ...place('30') } as const]
    given(onramp(), refunded).when(included('escrowLocked', '10')).thenNothing()
    given(onramp(), refunded)
      .when(final('refund', '30'))
      .then(['refundFinalized'], {
        state: 'crediting',
        intents: ['creditFiat'],
        entries: [unhold],
        liquidity: 'free',
        waits: { refund: null },
      })
  })
})

describe('clearing', () => {
  it('ends on the millisecond on which the debit is final', () => {
    given(onramp(), history.clearing)
      .when(deadline('clearing'), finalAtMs)
      .then(['clearingPassed'], { state: 'releasing', intents: ['releaseEscrow'], timers: { clearing: null } })
  })

  it('ends when the database says that its time has come, though our own clock is behind', () => {
    // The timer would be deleted as meaningless, and nothing would ever wake the transfer again.
    given(onramp(), history.clearing)
      .when(deadline('clearing'), finalAtMs - 1)
      .then(['clearingPassed'], { state: 'releasing', intents: ['releaseEscrow'], timers: { clearing: null } })
  })

  it('turns back when nobody looked until it was too late', () => {
    given(onramp(), history.clearing)
      .when(deadline('clearing'), refundAfterMs - 60_000)
      .then([{ type: 'compensationStarted', reason: 'deadline_passed' }], {
        state: 'refunding',
        intents: ['refundEscrow'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it('is over once', () => {
    for (const state of ['locking', 'locked', 'releasing', 'refunding'] as const)
      given(onramp(), history[state]).when(deadline('clearing'), finalAtMs).thenNothing()
  })
})

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
      .then(['debitReturned'], { state: 'review', entries: [lost] })
    given(onramp(), history.compensated)
      .when(debit('returned', 'R10'))
      .then(['debitReturned'], { state: 'review', entries: [lost] })
  })

  it('happens once, and only to a debit that was made', () => {
    for (const past of [[...history.locking, debitReturned], history.canceled, history.requested, history.review])
      given(onramp(), past).when(debit('returned', 'R10')).thenNothing()
  })
})

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
    given(onramp(), comesBack)
      .when(credit('rejected'))
      .then(['creditRefused'], { state: 'review', answered: ['creditFiat FAILED'] })
    given(onramp(), comesBack)
      .when(refusal('creditFiat'))
      .then(['creditRefused'], { state: 'review', answered: ['creditFiat FAILED'] })
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
      .then(['debitReturned'], { state: 'review', entries: [lost] })
  })
})

describe('a clawback by the issuer', () => {
  const clawedBack = included('escrowClawedBack', '40')
  const cleared = { clearing: null, retryRelease: null, retryRefund: null }
  const waits = { lock: null, release: null, refund: null }
  const lossOnHold = ['treasury:evm:1:USDC +100.000000 pending', 'escrow:evm:1:USDC -100.000000 pending']
  const takenFromTreasury = ['treasury:evm:1:USDC -100.000000', 'exposure:evm:1:USDC +100.000000']

  it.each([
    ['clearing', []],
    ['releasing', ['releaseEscrow FAILED']],
    ['refunding', ['refundEscrow FAILED']],
  ] as const)(
    'of an escrow that is booked, while the transfer is %s, is our exposure, and the customer’s money goes back',
    (state, answered) => {
      given(onramp(), history[state])
        .when(clawedBack)
        .then([{ type: 'escrowClawedBack', ...place('40') }], {
          state: 'crediting',
          answered,
          entries: [['escrow:evm:1:USDC -100.000000', 'exposure:evm:1:USDC +100.000000']],
          intents: ['creditFiat'],
          timers: cleared,
          waits,
          liquidity: 'consume',
        })
    },
  )

  it.each([
    ['locked', []],
    ['locking', ['lockEscrow SUCCEEDED']],
  ] as const)('of an escrow that is a hold only, while the transfer is %s, is taken from the treasury', (state, answered) => {
    given(onramp(), history[state])
      .when(clawedBack)
      .then(['escrowClawedBack'], {
        state: 'crediting',
        answered,
        entries: [[...lossOnHold.toReversed(), ...takenFromTreasury]],
        intents: ['creditFiat'],
        timers: cleared,
        waits,
        liquidity: 'consume',
      })
  })

  it('of what we minted ourselves is owed to nobody', () => {
    const plan = (events: readonly TransferEvent[]) =>
      events.map(event => (event.type === 'liquidityReserved' ? ({ type: 'mintPlanned' } as const) : event))
    given(onramp({ funding: 'mint' }), plan(history.clearing))
      .when(clawedBack)
      .then(['escrowClawedBack'], {
        state: 'crediting',
        entries: [['escrow:evm:1:USDC -100.000000', 'issued:evm:1:USDC +100.000000']],
        intents: ['creditFiat'],
        timers: cleared,
        waits,
      })
  })

  it('leaves nothing to credit when the debit came back, too', () => {
    given(onramp(), [...history.refunding, debitReturned])
      .when(clawedBack)
      .then(['escrowClawedBack', 'transferCompensated'], {
        state: 'compensated',
        answered: ['refundEscrow FAILED'],
        entries: [['escrow:evm:1:USDC -100.000000', 'exposure:evm:1:USDC +100.000000']],
        timers: cleared,
        waits,
        liquidity: 'consume',
      })
  })

  it('of what has left the escrow is nothing', () => {
    for (const state of ['debiting', 'released', 'completed', 'refunded', 'crediting', 'compensated', 'review'] as const)
      given(onramp(), history[state]).when(clawedBack).thenNothing()
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

describe('canceling', () => {
  it.each(['releasing', 'released', 'completed', 'refunded', 'crediting', 'compensated', 'failed', 'review'] as const)(
    'is refused when the transfer is %s',
    state => {
      const notYetAsked = history[state].filter(event => event.type !== 'cancelRequested')
      given(onramp(), notYetAsked).when(cancel).thenRefused('transfer_not_cancelable')
    },
  )

  it('is heard once', () => {
    given(onramp(), history.canceled).when(cancel).thenNothing()
    given(onramp(), [...history.locking, { type: 'cancelRequested', reason: 'x' }])
      .when(cancel)
      .thenNothing()
    given(onramp(), history.refunding).when(cancel).thenNothing()
  })

  it('knows nothing of unknown outcomes on a chain, where the indexer speaks', () => {
    given(onramp(), history.locking).when(unknown('lockEscrow')).thenNothing()
    given(onramp(), history.releasing).when(unknown('releaseEscrow')).thenNothing()
  })
})

afterAll(() => {
  expect(
    unseen(onrampTransitions, transition => !isOfReversals(transition)),
    'transitions that no test has seen',
  ).toEqual([])
})
