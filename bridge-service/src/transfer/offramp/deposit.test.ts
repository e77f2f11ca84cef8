import { afterAll, describe, expect, it } from 'vitest'
import { hearsOfOthers } from '../../../../test/support/deposit-behaviour/by-others.ts'
import { commitsItsDeposit } from '../../../../test/support/deposit-behaviour/commit.ts'
import type { DepositRoute } from '../../../../test/support/deposit-behaviour/route.ts'
import { cancel, deadline, final, included, refusal, screened } from '../../../../test/support/deposit-behaviour/telling.ts'
import { givesItsDepositBack } from '../../../../test/support/deposit-behaviour/way-back.ts'
import { waitsForItsDeposit } from '../../../../test/support/deposit-behaviour/way-in.ts'
import { collectsItsDeposit } from '../../../../test/support/deposit-behaviour/way-out.ts'
import { exercised, given, isOfPaymentReturns, unseen } from '../../../../test/support/given.ts'
import { deposit, dueAtMs, history, offramp, payoutSays } from '../../../../test/support/offramp.ts'
import { settledAtMs } from '../../../../test/support/onramp.ts'
import { request } from '../decide.ts'
import type { Input } from '../input.ts'
import { offrampTransitions } from './transitions.ts'

// What the payout changes has tests of its own.
const ofPayout =
  / payout|^payingOut (compensationStarted|depositClawedBack)|receivableOpened|transferCompensated|transferFailed|^collecting depositReleaseFinalized/

const route: DepositRoute<'offramp'> = {
  make: committedBy => offramp({ deposit: deposit(committedBy) }),
  history,
  reservedMinor: 10_000n,
  reserved: [],
  freed: [],
  next: { state: 'payingOut', intent: 'payoutFiat' },
  underWay: ['payingOut'],
}
waitsForItsDeposit(route)
commitsItsDeposit(route)
collectsItsDeposit(route)
givesItsDepositBack(route)
hearsOfOthers(route)

describe('a new off-ramp', () => {
  it('is screened before anything else', () => {
    const { after, events, intents } = request(offramp(), settledAtMs)
    exercised().add('none transferRequested')
    expect(events).toEqual([{ version: 1, from: 'none', to: 'requested', event: { type: 'transferRequested' } }])
    expect(after).toMatchObject({ state: 'requested', version: 1 })
    expect(intents).toEqual([{ step: 'screen', attempt: 0 }])
  })

  it('reserves the fiat that it will pay out, and waits for the deposit', () => {
    given(offramp(), history.requested)
      .when(screened(10_000n))
      .then(['screeningPassed', 'liquidityReserved'], {
        state: 'awaitingDeposit',
        answered: ['screen SUCCEEDED'],
        timers: { deposit: dueAtMs },
        liquidity: 'reserve',
      })
  })

  it('fails when the bank account lacks one cent', () => {
    given(offramp(), history.requested)
      .when(screened(9_999n))
      .then(['screeningPassed', { type: 'liquidityRefused', code: 'liquidity_insufficient' }], {
        state: 'failed',
        answered: ['screen SUCCEEDED'],
      })
  })

  it('fails when the screening refuses it', () => {
    given(offramp(), history.requested)
      .when(refusal('screen'))
      .then(['screeningRefused'], { state: 'failed', answered: ['screen FAILED'] })
  })

  it('is canceled on the spot while nothing has come', () => {
    given(offramp(), history.requested)
      .when(cancel)
      .then([{ type: 'transferCanceled', reason: 'changed my mind' }], { state: 'canceled', answered: ['screen FAILED'] })
    given(offramp(), history.awaitingDeposit)
      .when(cancel)
      .then(['transferCanceled'], { state: 'canceled', timers: { deposit: null }, liquidity: 'free' })
  })

  it('is canceled no more when fiat may be leaving', () => {
    given(offramp(), history.payingOut).when(cancel).thenRefused('transfer_not_cancelable')
  })

  it('is screened once', () => {
    given(offramp(), history.awaitingDeposit).when(screened(10_000n)).thenNothing()
    given(offramp(), history.canceled).when(refusal('screen')).thenNothing()
  })

  it('knows nothing of a debit, nor of an escrow of the treasury’s', () => {
    given(offramp(), history.payingOut)
      .when({ type: 'railFact', step: 'debitFiat', fact: payoutSays('settled') })
      .thenNothing()
    given(offramp(), history.collecting)
      .when({ ...included('escrowReleased'), type: 'chainFact' } as Input)
      .thenNothing()
    given(offramp(), history.collected).when(final('release')).thenNothing()
    given(offramp(), history.collected).when(deadline('clearing')).thenNothing()
  })
})

afterAll(() => {
  expect(
    unseen(offrampTransitions, transition => !ofPayout.test(transition) && !isOfPaymentReturns(transition)),
    'transitions that no test has seen',
  ).toEqual([])
})
