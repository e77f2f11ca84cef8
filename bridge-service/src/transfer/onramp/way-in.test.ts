import { afterAll, describe, expect, it } from 'vitest'
import { exercised, given, unseen } from '../../../../test/support/given.ts'
import { cancel, debit, final, refusal, screened, unknown } from '../../../../test/support/inputs.ts'
import {
  bankSays,
  debitReturned,
  debitSettled,
  finalAtMs,
  history,
  onramp,
  settledAtMs,
  softDeadlineMs,
} from '../../../../test/support/onramp.ts'
import { fileOf } from '../../../../test/support/onramp-files.ts'
import { hold, paidIn, unhold } from '../../../../test/support/onramp-lines.ts'
import { request } from '../decide.ts'
import type { TransferEvent } from '../event.ts'
import { onrampTransitions } from './transitions.ts'

describe('a new on-ramp', () => {
  it('is screened before anything else', () => {
    const { after, events, intents } = request(onramp(), settledAtMs)
    exercised().add('none transferRequested')
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
    unseen(onrampTransitions, transition => fileOf(transition) === 'way-in'),
    'transitions that no test has seen',
  ).toEqual([])
})
