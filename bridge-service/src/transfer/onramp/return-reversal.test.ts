import { afterAll, describe, expect, it } from 'vitest'
import { given, unseen } from '../../../../test/support/given.ts'
import { debit } from '../../../../test/support/inputs.ts'
import {
  bankSays,
  debitReturned,
  debitReturnedLate,
  finalAtMs,
  history,
  onramp,
  place,
  refundAfterMs,
  settledAtMs,
} from '../../../../test/support/onramp.ts'
import { fileOf } from '../../../../test/support/onramp-files.ts'
import { paidIn } from '../../../../test/support/onramp-lines.ts'
import type { RailFact } from '../../rails/rail.ts'
import type { TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import type { State } from '../state.ts'
import { onrampTransitions } from './transitions.ts'

const claimGone = ['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']
const reversal = debit('returnReversed')
const reversed: TransferEvent = { type: 'debitReturnReversed', at: new Date(settledAtMs).toISOString() }
const saidAt = (type: RailFact['type'], ms: number): Input => ({
  type: 'railFact',
  step: 'debitFiat',
  fact: { ...bankSays(type), at: new Date(ms).toISOString() },
})

describe('a return that the bank takes back before the release', () => {
  it('lets a transfer that waits for its lock go on', () => {
    given(onramp(), [...history.locking, debitReturned])
      .when(reversal)
      .then([reversed], { state: 'locking', entries: [paidIn] })
    given(onramp(), [...history.locking, debitReturned, reversed])
      .when({ type: 'chainFact', kind: 'escrowLocked', status: 'included', place: place('10') })
      .then(['escrowLocked'], { state: 'locked', answered: ['lockEscrow SUCCEEDED'], waits: { lock: '0x10:0' } })
  })

  it.each(['refunding', 'refunded'] as const)('leaves the customer to be credited when it is %s already', state => {
    given(onramp(), [...history[state], debitReturned])
      .when(reversal)
      .then([reversed], { state, entries: [paidIn] })
    const refunded = [...history.refunded, debitReturned, reversed]
    given(onramp(), refunded)
      .when({ type: 'finalityReached', kind: 'refund', fact: place('30').fact })
      .then(['refundFinalized'], {
        state: 'crediting',
        intents: ['creditFiat'],
        entries: [['escrow:evm:1:USDC -100.000000', 'treasury:evm:1:USDC +100.000000']],
        liquidity: 'free',
        waits: { refund: null },
      })
  })

  it('has the customer credited when the return had ended it all', () => {
    const ended = [...history.refunded, debitReturned, { type: 'refundFinalized' }, { type: 'transferCompensated' }] as const
    given(onramp(), ended)
      .when(reversal)
      .then([reversed, 'creditOwed'], { state: 'crediting', intents: ['creditFiat'], entries: [paidIn] })
  })

  it('comes to a person when the transfer had failed by it', () => {
    given(onramp(), [...history.debiting, { type: 'debitRefused', code: 'debit_returned', detail: 'R01' }])
      .when(reversal)
      .then(['debitSettled', reversed], { state: 'review', entries: [paidIn] })
  })
})

describe('a return that the bank takes back after the release', () => {
  it.each(['releasing', 'released'] as const)('is no loss of a transfer that is %s', state => {
    given(onramp(), [...history[state], debitReturnedLate])
      .when(reversal)
      .then([reversed], { state, entries: [claimGone] })
  })

  it('closes the receivable and completes the transfer', () => {
    given(onramp(), history.review)
      .when(reversal)
      .then([reversed, 'receivableClosed'], { state: 'completed', entries: [claimGone] })
  })

  it('compensates one whose customer has been credited', () => {
    given(onramp(), [...history.compensated, debitReturnedLate])
      .when(reversal)
      .then([reversed, 'transferCompensated'], { state: 'compensated', entries: [claimGone] })
  })

  it('leaves to a person what else there is to decide', () => {
    const reclaimed = [...history.review, { type: 'deliveryReclaimed', ...place('40') }] as const
    given(onramp(), reclaimed)
      .when(reversal)
      .then([reversed], { state: 'review', entries: [claimGone] })
  })

  it('has the credit sent after all that was withdrawn, under its key', () => {
    const comesBack = [...history.crediting, debitReturnedLate]
    const sentAgain = { state: 'crediting', answered: ['creditFiat REINSTATED'] } as const
    given(onramp(), comesBack)
      .when(reversal)
      .then([reversed, 'creditOwed'], { ...sentAgain, entries: [claimGone] })
    const refused = { type: 'creditRefused', code: 'withdrawn', detail: 'x' } as const
    given(onramp(), [...comesBack, refused, { type: 'transferCompensated' }])
      .when(reversal)
      .then([reversed, 'creditOwed'], { ...sentAgain, entries: [paidIn] })
    given(onramp(), [...comesBack, { type: 'creditSettled', bankTransferId: 'bt_2' }])
      .when(reversal)
      .then([reversed, 'transferCompensated'], { state: 'compensated', entries: [claimGone] })
  })
})

describe('a return after a reversal of which nothing is known yet', () => {
  const at = (ms: number) => ({ at: new Date(settledAtMs + ms).toISOString() })
  const early: TransferEvent = { ...debitReturned, ...at(1) }
  const late: TransferEvent = { ...debitReturnedLate, ...at(1) }
  const again: TransferEvent = { type: 'debitReturnedAgain', ...at(3) }
  const returned: Readonly<Record<string, readonly TransferEvent[]>> = {
    locking: [...history.locking, early],
    releasing: [...history.releasing, late],
    released: [...history.released, late],
    refunding: [...history.refunding, early],
    refunded: [...history.refunded, early],
    compensated: [...history.refunded, early, { type: 'refundFinalized' }, { type: 'transferCompensated' }],
    failed: [...history.debiting, { type: 'debitRefused', code: 'debit_returned', detail: 'R01', returnedAt: at(1).at }],
    review: [...history.completed, late, { type: 'receivableOpened' }],
  }

  it.each(Object.entries(returned) as [State, readonly TransferEvent[]][])(
    'moves nothing of a transfer that is %s, and outlives the reversal',
    (state, past) => {
      given(onramp(), past)
        .when(saidAt('returned', settledAtMs + 3))
        .then([again], { state })
      for (const [type, ms] of [
        ['returnReversed', 2],
        ['returned', 3],
      ] as const)
        given(onramp(), [...past, again])
          .when(saidAt(type, settledAtMs + ms))
          .thenNothing()
    },
  )

  it('is the only one when its news come first', () => {
    given(onramp(), [...history.completed, { ...late, ...at(3) }, { type: 'receivableOpened' }])
      .when(saidAt('returned', settledAtMs + 1))
      .thenNothing()
  })
})

describe('a recall by the payer’s bank', () => {
  it.each(['locked', 'clearing'] as const)('turns back a transfer that is %s', state => {
    given(onramp(), history[state])
      .when(debit('recalled'))
      .then([{ type: 'cancelRequested', reason: 'debit_recalled' }, 'compensationStarted'], {
        state: 'refunding',
        intents: ['refundEscrow'],
        timers: { clearing: null },
        waits: { lock: null },
      })
  })

  it.each(['debiting', 'locking'] as const)('turns it back as soon as it can be while it is %s', state => {
    given(onramp(), history[state])
      .when(debit('recalled'))
      .then([{ type: 'cancelRequested', reason: 'debit_recalled' }], { state })
  })

  it.each(['releasing', 'released', 'completed', 'refunding', 'compensated', 'requested'] as const)(
    'is no news when it is %s: what is delivered is the bank’s to return or not',
    state => {
      const unasked = history[state].filter(({ type }) => type !== 'cancelRequested')
      given(onramp(), unasked).when(debit('recalled')).thenNothing()
    },
  )
})

describe('the news of a reversal', () => {
  it.each(['locked', 'clearing', 'completed', 'crediting', 'compensated'] as const)(
    'that overtakes the news of its return books nothing, and then the return is none, when the transfer is %s',
    state => {
      given(onramp(), history[state]).when(reversal).then([reversed], { state })
      given(onramp(), [...history[state], reversed])
        .when(saidAt('returned', settledAtMs - 1))
        .thenNothing()
    },
  )

  it('that overtakes all news of its debit is the settlement', () => {
    given(onramp(), history.debiting)
      .when(reversal)
      .then(['debitSettled', reversed], {
        state: 'locking',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['lockEscrow'],
        entries: [paidIn],
      })
    given(onramp(), [...history.debiting, { type: 'cancelRequested', reason: 'x' }])
      .when(reversal)
      .then(['debitSettled', reversed, 'compensationStarted'], {
        state: 'crediting',
        answered: ['debitFiat SUCCEEDED'],
        intents: ['creditFiat'],
        entries: [paidIn, ['escrow:evm:1:USDC -100.000000 pending', 'treasury:evm:1:USDC +100.000000 pending']],
        liquidity: 'free',
      })
  })

  it('counts once, and not when it has been returned again since', () => {
    given(onramp(), [...history.clearing, reversed])
      .when(reversal)
      .thenNothing()
    const again = { ...debitReturnedLate, at: new Date(settledAtMs + 2).toISOString() }
    given(onramp(), [...history.released, again])
      .when(saidAt('returnReversed', settledAtMs + 1))
      .thenNothing()
    for (const past of [history.requested, history.canceled]) given(onramp(), past).when(reversal).thenNothing()
  })

  it('is followed by another return like the first', () => {
    given(onramp(), [...history.clearing, reversed])
      .when(saidAt('returned', settledAtMs + 1), finalAtMs)
      .then(['debitReturned', 'compensationStarted'], {
        state: 'refunding',
        intents: ['refundEscrow'],
        entries: [['bank_cash:bank:sim:USD -100.25', 'customer_clearing:USD +100.25']],
        timers: { clearing: null },
        waits: { lock: null },
      })
    expect(finalAtMs).toBeLessThan(refundAfterMs)
  })
})

afterAll(() => {
  expect(
    unseen(onrampTransitions, transition => fileOf(transition) === 'return-reversal'),
    'transitions that no test has seen',
  ).toEqual([])
})
