import { afterAll, describe, expect, it } from 'vitest'
import { given, unseen } from '../../../../test/support/given.ts'
import { cancel, deadline, payout, refusal, screened, unknown } from '../../../../test/support/inputs.ts'
import { bankSays, settledAtMs } from '../../../../test/support/onramp.ts'
import { arrived, early, history, rebalance, refused, returned } from '../../../../test/support/rebalance.ts'
import type { RailFact } from '../../rails/rail.ts'
import { cashOf } from '../cash.ts'
import type { TransferEvent } from '../event.ts'
import type { Input, OperatorInput } from '../input.ts'
import { rebalanceTransitions } from './transitions.ts'

const { source, destination } = rebalance().terms
const [from, to] = [cashOf(source), cashOf(destination)]
const left = [`${from} -100.00`, 'in_transit:USD +100.00']
const cameBack = ['in_transit:USD -100.00', `${from} +100.00`]
const got = ['in_transit:USD -100.00', `${to} +100.00`]
const lost = [`${to} -100.00`, 'in_transit:USD +100.00']
const at = new Date(settledAtMs).toISOString()
const later = new Date(settledAtMs + 60_000).toISOString()
const saidAt = (type: RailFact['type'], time: string): Input => ({
  type: 'railFact',
  step: 'payoutFiat',
  fact: { ...bankSays(type), at: time },
})
const standsAgain: TransferEvent = { type: 'payoutReturnReversed', bankTransferId: 'bt_1', at: later }
const takeInHand: OperatorInput = { type: 'compensateCommand', reason: 'both banks know nothing of it' }

describe('before anything was ordered', () => {
  it('what the pool has is reserved, and the sending bank gets its one order', () => {
    given(rebalance(), history.requested)
      .when(screened(10_000n))
      .then(['screeningPassed', 'liquidityReserved'], {
        ...{ state: 'payingOut', answered: ['screen SUCCEEDED'] },
        ...{ intents: ['payoutFiat'], liquidity: 'reserve' },
      })
  })

  it('what the pool has not fails it', () => {
    given(rebalance(), history.requested)
      .when(screened(9_999n))
      .then(['screeningPassed', { type: 'liquidityRefused', code: 'liquidity_insufficient' }], {
        ...{ state: 'failed', answered: ['screen SUCCEEDED'] },
      })
  })

  it('a screening can refuse it, and a person can cancel it', () => {
    given(rebalance(), history.requested)
      .when(refusal('screen'))
      .then(['screeningRefused'], { state: 'failed', answered: ['screen FAILED'] })
    given(rebalance(), history.requested)
      .when(cancel)
      .then(['transferCanceled'], { state: 'canceled', answered: ['screen FAILED'] })
    given(rebalance(), history.canceled).when(screened(10_000n)).thenNothing()
    given(rebalance(), history.payingOut).when(cancel).thenRefused('transfer_not_cancelable')
  })
})

describe('the sending bank', () => {
  it('may be silent, and may say that it works at it', () => {
    given(rebalance(), history.payingOut)
      .when(unknown('payoutFiat'))
      .then(['payoutUnknown'], { state: 'payingOut', answered: ['payoutFiat UNKNOWN'] })
    given(rebalance(), early)
      .when(unknown('payoutFiat'))
      .then(['payoutUnknown'], { state: 'inTransit', answered: ['payoutFiat UNKNOWN'] })
    for (const [past, state] of [[history.payingOut, 'payingOut'] as const, [early, 'inTransit'] as const])
      given(rebalance(), past)
        .when(payout('submitted'))
        .then(['payoutSubmitted'], { state, answered: ['payoutFiat IN_FLIGHT'] })
    given(rebalance(), history.inTransit).when(unknown('payoutFiat')).thenNothing()
    given(rebalance(), history.inTransit).when(payout('submitted')).thenNothing()
  })

  it('settles: the money is in transit, and the promise redeemed', () => {
    given(rebalance(), history.payingOut)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        ...{ state: 'inTransit', answered: ['payoutFiat SUCCEEDED'] },
        ...{ entries: [left], liquidity: 'consume' },
      })
    given(rebalance(), history.inTransit).when(payout('settled')).thenNothing()
  })

  it('refuses: nothing has moved', () => {
    given(rebalance(), history.payingOut)
      .when(payout('rejected', 'AC04'))
      .then([refused], { state: 'failed', answered: ['payoutFiat FAILED'], liquidity: 'free' })
    given(rebalance(), history.payingOut)
      .when(refusal('payoutFiat'))
      .then(['payoutRefused'], { state: 'failed', answered: ['payoutFiat FAILED'], liquidity: 'free' })
    given(rebalance(), history.inTransit).when(payout('rejected')).thenNothing()
  })

  it('settles what it refused: the promise was given back, and the money is on its way all the same', () => {
    given(rebalance(), history.failed)
      .when(payout('settled'))
      .then(['payoutSettled'], { state: 'inTransit', answered: ['payoutFiat SUCCEEDED'], entries: [left] })
  })

  it('sends it back: it is where it was', () => {
    given(rebalance(), history.inTransit)
      .when(payout('returned', 'AC04'))
      .then([returned, 'transferCompensated'], {
        ...{ state: 'compensated', answered: ['payoutFiat FAILED'] },
        ...{ entries: [cameBack], liquidity: 'restore' },
      })
    given(rebalance(), history.compensated).when(payout('returned')).thenNothing()
  })

  it('sends it back before its settlement was heard of: nothing is to be booked any more', () => {
    given(rebalance(), history.payingOut)
      .when(payout('returned', 'AC04'))
      .then([returned, 'transferCompensated'], { state: 'compensated', answered: ['payoutFiat FAILED'], liquidity: 'free' })
    given(rebalance(), [...history.payingOut, returned, { type: 'transferCompensated' }])
      .when(payout('settled'))
      .thenNothing()
  })

  it('takes a return back: it is on its way again, and a late word of the return means nothing', () => {
    given(rebalance(), history.compensated)
      .when(saidAt('returnReversed', later))
      .then([standsAgain], { state: 'inTransit', answered: ['payoutFiat SUCCEEDED'], entries: [left] })
    const again = [...history.compensated, standsAgain]
    given(rebalance(), again).when(saidAt('returned', at)).thenNothing()
    given(rebalance(), again).when(saidAt('returnReversed', later)).thenNothing()
    given(rebalance(), [...again, arrived, { type: 'transferCompleted' }])
      .when(saidAt('returned', new Date(settledAtMs + 120_000).toISOString()))
      .then(['payoutReturned'], { state: 'inTransit', answered: ['payoutFiat FAILED'], entries: [cameBack] })
    given(rebalance(), [...history.inTransit, { ...returned, at: later } as TransferEvent, { type: 'transferCompensated' }])
      .when(saidAt('returnReversed', at))
      .thenNothing()
  })

  it('returns it again, and the two returns are told before what came between them', () => {
    const again: TransferEvent = { type: 'payoutReturned', rawCode: null, at: new Date(settledAtMs + 120_000).toISOString() }
    given(rebalance(), history.compensated)
      .when(saidAt('returned', new Date(settledAtMs + 120_000).toISOString()))
      .then([again, 'transferCompensated'], { state: 'compensated', answered: ['payoutFiat FAILED'] })
    given(rebalance(), [...history.compensated, again, { type: 'transferCompensated' }])
      .when(saidAt('returnReversed', later))
      .thenNothing()
  })

  it('takes a return back of which we never heard', () => {
    for (const past of [history.payingOut, history.failed])
      given(rebalance(), past)
        .when(saidAt('returnReversed', later))
        .then([standsAgain], {
          ...{ state: 'inTransit', answered: ['payoutFiat SUCCEEDED'], entries: [left] },
          ...(past === history.payingOut ? { liquidity: 'consume' } : {}),
        })
    given(rebalance(), history.inTransit)
      .when(saidAt('returnReversed', later))
      .then([standsAgain], { state: 'inTransit', answered: ['payoutFiat SUCCEEDED'] })
    given(rebalance(), history.completed)
      .when(saidAt('returnReversed', later))
      .then([standsAgain, 'transferCompleted'], { state: 'completed', answered: ['payoutFiat SUCCEEDED'] })
  })

  it('says nothing about what it never had', () => {
    for (const type of ['settled', 'rejected', 'returned', 'arrived'] as const)
      given(rebalance(), history.requested).when(payout(type)).thenNothing()
    given(rebalance(), history.failed).when(payout('returned')).thenNothing()
    given(rebalance(), history.inTransit).when(payout('recalled')).thenNothing()
  })
})

describe('the receiving bank', () => {
  it('shows it: done', () => {
    given(rebalance(), history.inTransit)
      .when(payout('arrived'))
      .then(['moneyArrived', 'transferCompleted'], { state: 'completed', entries: [got] })
    given(rebalance(), history.completed).when(payout('arrived')).thenTooEarly()
  })

  it('shows it before the sending bank has said that it is gone: then that one decides', () => {
    given(rebalance(), history.payingOut)
      .when(payout('arrived'))
      .then(['moneyArrived'], { state: 'inTransit', entries: [got] })
    given(rebalance(), early)
      .when(payout('settled'))
      .then(['payoutSettled', 'transferCompleted'], {
        ...{ state: 'completed', answered: ['payoutFiat SUCCEEDED'] },
        ...{ entries: [left], liquidity: 'consume' },
      })
  })

  it('shows what the sending one says it refused: they cannot both be right, so it waits for one of them', () => {
    given(rebalance(), early)
      .when(payout('rejected', 'AC04'))
      .then([refused], { state: 'inTransit', answered: ['payoutFiat FAILED'], liquidity: 'free' })
    given(rebalance(), [...early, refused])
      .when(payout('arrivalReversed'))
      .then(['arrivalReversed', 'transferCompensated'], { state: 'compensated', entries: [lost] })
    given(rebalance(), [...early, refused, { type: 'arrivalReversed', at }, { type: 'transferCompensated' }])
      .when(payout('settled'))
      .then(['payoutSettled'], { state: 'inTransit', answered: ['payoutFiat SUCCEEDED'], entries: [left] })
    given(rebalance(), history.failed)
      .when(payout('arrived'))
      .then(['moneyArrived'], { state: 'inTransit', entries: [got] })
  })

  it('takes it back, and it comes home: in whichever order the two banks tell it', () => {
    given(rebalance(), history.completed)
      .when(payout('arrivalReversed'))
      .then(['arrivalReversed'], { state: 'inTransit', entries: [lost] })
    given(rebalance(), [...history.completed, { type: 'arrivalReversed', at }])
      .when(payout('returned', 'AC04'))
      .then([returned, 'transferCompensated'], {
        ...{ state: 'compensated', answered: ['payoutFiat FAILED'] },
        ...{ entries: [cameBack], liquidity: 'restore' },
      })
    given(rebalance(), history.completed)
      .when(payout('returned', 'AC04'))
      .then([returned], {
        ...{ state: 'inTransit', answered: ['payoutFiat FAILED'] },
        ...{ entries: [cameBack], liquidity: 'restore' },
      })
    given(rebalance(), history.compensated)
      .when(payout('arrived'))
      .then(['moneyArrived'], { state: 'inTransit', entries: [got] })
    given(rebalance(), history.compensated).when(payout('arrivalReversed')).thenTooEarly()
  })

  it('takes back what came too early, and the order is still open', () => {
    given(rebalance(), early)
      .when(payout('arrivalReversed'))
      .then(['arrivalReversed'], { state: 'inTransit', entries: [lost] })
    given(rebalance(), [...early, { type: 'arrivalReversed', at }])
      .when(payout('rejected', 'AC04'))
      .then([refused, 'transferCompensated'], { state: 'compensated', answered: ['payoutFiat FAILED'], liquidity: 'free' })
  })
})

describe('a person', () => {
  it('takes in hand what does not arrive, and what the banks say then is booked and may end it', () => {
    given(rebalance(), history.inTransit).when(takeInHand).then(['reviewOpened'], { state: 'review' })
    given(rebalance(), history.payingOut).when(takeInHand).thenRefused('transfer_not_compensable')
    given(rebalance(), history.review)
      .when(payout('arrived'))
      .then(['moneyArrived', 'transferCompleted'], { state: 'completed', entries: [got] })
    given(rebalance(), history.review)
      .when(payout('returned', 'AC04'))
      .then([returned, 'transferCompensated'], {
        ...{ state: 'compensated', answered: ['payoutFiat FAILED'] },
        ...{ entries: [cameBack], liquidity: 'restore' },
      })
    const open = [...early, { type: 'reviewOpened', reason: 'x' } as const]
    given(rebalance(), open)
      .when(payout('rejected', 'AC04'))
      .then([refused], { state: 'review', answered: ['payoutFiat FAILED'], liquidity: 'free' })
    given(rebalance(), open)
      .when(payout('arrivalReversed'))
      .then(['arrivalReversed'], { state: 'review', entries: [lost] })
    given(rebalance(), [...open, { type: 'arrivalReversed', at }])
      .when(payout('settled'))
      .then(['payoutSettled'], {
        ...{ state: 'review', answered: ['payoutFiat SUCCEEDED'] },
        entries: [left],
        liquidity: 'consume',
      })
    given(rebalance(), [...open, returned])
      .when(saidAt('returnReversed', later))
      .then([standsAgain, 'transferCompleted'], {
        ...{ state: 'completed', answered: ['payoutFiat SUCCEEDED'], entries: [left] },
      })
  })

  it('has ended it: what is heard later is booked, and is his again', () => {
    const closing = [{ account: 'in_transit:USD', into: to, currency: 'USD' as const, minor: '10000' }]
    const resolved: TransferEvent = { type: 'transferResolved', outcome: 'completed', evidence: 'x', document: null, closing }
    given(rebalance(), [...history.review, resolved])
      .when(payout('arrived'))
      .then(['moneyArrived'], { state: 'review', entries: [got] })
  })
})

it('knows no deadline, no chain and no debit', () => {
  given(rebalance(), history.payingOut).when(deadline('clearing')).thenNothing()
  given(rebalance(), history.payingOut)
    .when({ type: 'railFact', step: 'debitFiat', fact: bankSays('settled') })
    .thenNothing()
  given(rebalance(), history.payingOut).when(refusal('releaseEscrow')).thenNothing()
})

afterAll(() => {
  const wanted = (transition: string) => transition !== 'none transferRequested'
  expect(unseen(rebalanceTransitions, wanted), 'transitions that no test has seen').toEqual([])
})
