import { afterAll, describe, expect, it } from 'vitest'
import {
  collectedIn,
  commitOrphaned,
  depositOrphaned,
  final,
  included,
  lastChanceMs,
  nothingMore,
  owedByCustomer,
  paidBack,
  refusal,
  turnedBack,
} from '../../../../test/support/deposit-behaviour/telling.ts'
import { given, isOfPaymentReturns, unseen } from '../../../../test/support/given.ts'
import { withdrawn } from '../../../../test/support/inputs.ts'
import {
  collectPlace,
  commitRefused,
  deposit,
  depositRefunded,
  escrowCommitted,
  giveBackPlace,
  history,
  offramp,
  payoutRefused,
  payoutReturned,
  payoutSays,
  payoutSettled,
} from '../../../../test/support/offramp.ts'
import { place } from '../../../../test/support/onramp.ts'
import type { TransferEvent } from '../event.ts'
import type { Input } from '../input.ts'
import { offrampTransitions } from './transitions.ts'

// What the deposit changes has tests of its own.
const ofPayout =
  / payout|^payingOut (compensationStarted|depositClawedBack)|receivableOpened|transferCompensated|transferFailed|^collecting depositReleaseFinalized/

const payout = (type: Parameters<typeof payoutSays>[0], rawCode?: string): Input => ({
  type: 'railFact',
  step: 'payoutFiat',
  fact: payoutSays(type, rawCode),
})
const clawedBack = included('escrowClawedBack', place('50'))
const taken: TransferEvent = { type: 'depositClawedBack', ...place('50') }
const exchanged = [
  ...['bank_cash:bank:sim:USD -100.00', 'exchange:USD +100.00'],
  ...['exchange:USDC -100.000000', 'customer_clearing:USDC +100.000000'],
  ...['fee_income:USDC -0.250000', 'customer_clearing:USDC +0.250000'],
]

describe('the payout', () => {
  it('is told once that it was submitted', () => {
    given(offramp(), history.payingOut)
      .when(payout('submitted'))
      .then(['payoutSubmitted'], { state: 'payingOut', answered: ['payoutFiat IN_FLIGHT'] })
    given(offramp(), [...history.payingOut, { type: 'payoutSubmitted', bankTransferId: 'bt_9' }])
      .when(payout('submitted'))
      .thenNothing()
  })

  it('holds everything as it is while its outcome is unknown', () => {
    const unknown: Input = { type: 'intentUnknown', step: 'payoutFiat', detail: 'silence' }
    given(offramp(), history.payingOut)
      .when(unknown)
      .then(['payoutUnknown'], { state: 'payingOut', answered: ['payoutFiat UNKNOWN'] })
    given(offramp(), history.collecting).when(unknown).thenNothing()
  })

  it('is exchanged for the deposit when it has settled, and the deposit is collected', () => {
    given(offramp(), history.payingOut)
      .when(payout('settled'))
      .then([payoutSettled], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        liquidity: 'consume',
      })
    given(offramp(), history.collecting).when(payout('settled')).thenNothing()
    given(offramp(), history.committed).when(payout('settled')).thenNothing()
    given(offramp(), history.compensated).when(payout('settled')).thenNothing()
    given(offramp(), history.refundingDeposit).when(payout('settled')).thenNothing()
  })

  it.each([
    ['rejects', payout('rejected', 'R01'), 'rail_refused'],
    ['refuses', refusal('payoutFiat'), 'chain_refused'],
  ])('gives the deposit back when the bank definitely %s it', (_verb, input, code) => {
    given(offramp(), history.payingOut)
      .when(input)
      .then(['payoutRefused', { type: 'compensationStarted', reason: code }], {
        state: 'refundingDeposit',
        answered: ['payoutFiat FAILED'],
        intents: ['refundDeposit'],
        liquidity: 'free',
      })
    given(offramp(), history.collecting).when(input).thenNothing()
  })

  it('gives the deposit back when the news of its return overtakes the news of its settlement', () => {
    const back = [...history.payingOut, payoutReturned, { type: 'compensationStarted', reason: 'payout_returned' } as const]
    given(offramp(), history.payingOut)
      .when(payout('returned', 'R01'))
      .then([payoutReturned, 'compensationStarted'], {
        state: 'refundingDeposit',
        answered: ['payoutFiat FAILED'],
        intents: ['refundDeposit'],
        liquidity: 'free',
      })
    given(offramp(), back).when(payout('settled')).thenNothing()
    given(offramp(), back).when(payout('returned')).thenNothing()
  })

  it.each(['collecting', 'collected'] as const)('owes the customer what came back after it settled: %s', state => {
    given(offramp(), history[state])
      .when(payout('returned', 'R01'))
      .then([payoutReturned], {
        state,
        answered: ['payoutFiat FAILED'],
        entries: [['customer_clearing:USD -100.00', 'bank_cash:bank:sim:USD +100.00']],
        liquidity: 'restore',
      })
  })

  it('comes to a person when it comes back and the deposit is ours', () => {
    given(offramp(), history.completed)
      .when(payout('returned', 'R01'))
      .then([payoutReturned, 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat FAILED'],
        entries: [['customer_clearing:USD -100.00', 'bank_cash:bank:sim:USD +100.00']],
        liquidity: 'restore',
      })
    given(offramp(), [...history.collected, payoutReturned])
      .when(final('depositRelease', collectPlace))
      .then(['depositReleaseFinalized', 'receivableOpened'], {
        state: 'review',
        entries: [collectedIn],
        waits: { depositRelease: null },
      })
    given(offramp(), history.review).when(payout('returned')).thenNothing()
  })

  describe('that the bank settles although it had refused it', () => {
    const refused = [...history.payingOut, payoutRefused, { type: 'compensationStarted', reason: 'rail_refused' } as const]
    const going = [...refused, depositRefunded]

    it.each([
      ['refundingDeposit', refused],
      ['refundedDeposit', going],
    ] as const)('is booked while the deposit goes back: %s', (state, events) => {
      given(offramp(), events)
        .when(payout('settled'))
        .then(['payoutSettled'], { state, answered: ['payoutFiat SUCCEEDED'], entries: [exchanged] })
      given(offramp(), [...events, payoutSettled])
        .when(payout('returned'))
        .then(['payoutReturned'], {
          state,
          answered: ['payoutFiat FAILED'],
          entries: [
            [
              ...['exchange:USD -100.00', 'bank_cash:bank:sim:USD +100.00'],
              ...['customer_clearing:USDC -100.000000', 'exchange:USDC +100.000000'],
              ...['customer_clearing:USDC -0.250000', 'fee_income:USDC +0.250000'],
            ],
          ],
        })
    })

    it('is owed by the customer when the deposit is his again', () => {
      given(offramp(), [...going, payoutSettled])
        .when(final('depositRefund', giveBackPlace))
        .then(['depositRefundFinalized', 'receivableOpened'], {
          state: 'review',
          entries: [paidBack, owedByCustomer],
          waits: { depositRefund: null },
        })
      given(offramp(), [...going, { type: 'depositRefundFinalized' }])
        .when(payout('settled'))
        .then(['payoutSettled', 'receivableOpened'], {
          state: 'review',
          answered: ['payoutFiat SUCCEEDED'],
          entries: [exchanged, owedByCustomer],
        })
      given(offramp(), [...refused, depositOrphaned, { type: 'depositExpired' }])
        .when(payout('settled'))
        .then(['payoutSettled', 'receivableOpened'], {
          state: 'review',
          answered: ['payoutFiat SUCCEEDED'],
          entries: [exchanged, owedByCustomer],
        })
      given(offramp(), history.failed).when(payout('settled')).thenNothing()
    })
  })
})

describe('the payout of a deposit that others have touched', () => {
  it('lets a commit rest that was to be made again', () => {
    const gone = [...history.payingOut, commitOrphaned]
    given(offramp(), [...gone, escrowCommitted])
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        waits: { commit: null },
        liquidity: 'consume',
      })
    given(offramp(), [...gone, commitRefused])
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        timers: { retryCommit: null },
        liquidity: 'consume',
      })
  })

  it('looks for a deposit that the chain has forgotten once more', () => {
    given(offramp(), [...history.payingOut, depositOrphaned])
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'collecting',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        intents: ['releaseDeposit'],
        timers: { deposit: lastChanceMs },
        liquidity: 'consume',
      })
  })

  it('is owed by the customer when the deposit went back to him', () => {
    given(offramp(), [...history.payingOut, depositRefunded, { type: 'depositRefundFinalized' }])
      .when(payout('settled'))
      .then(['payoutSettled', 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged, owedByCustomer],
        ...nothingMore,
        liquidity: 'consume',
      })
  })

  it('leaves the deposit where it belongs when the bank pays nothing out', () => {
    const refunded = [...history.payingOut, depositRefunded]
    given(offramp(), refunded)
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], {
        state: 'payingOut',
        entries: [paidBack],
        waits: { deposit: null, depositRefund: null },
      })
    given(offramp(), [...refunded, { type: 'depositRefundFinalized' }])
      .when(payout('rejected'))
      .then(['payoutRefused', 'compensationStarted', 'transferCompensated'], {
        state: 'compensated',
        answered: ['payoutFiat FAILED'],
        liquidity: 'free',
      })
    given(offramp(), refunded)
      .when(payout('rejected'))
      .then(['payoutRefused', 'compensationStarted', depositRefunded], {
        state: 'refundedDeposit',
        answered: ['payoutFiat FAILED'],
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
        liquidity: 'free',
      })
  })

  it('is a person’s case when the issuer takes the deposit meanwhile', () => {
    given(offramp(), history.payingOut)
      .when(clawedBack)
      .then([taken], {
        state: 'review',
        answered: ['payoutFiat WITHDRAWN'],
        entries: [['escrow:evm:1:USDC -100.250000', 'exposure:evm:1:USDC +100.250000']],
        ...nothingMore,
      })
    // A commit that was to be made again finds nothing any more.
    given(offramp(), [...history.payingOut, commitOrphaned])
      .when(clawedBack)
      .then([taken], {
        state: 'review',
        answered: ['commitEscrow FAILED', 'payoutFiat WITHDRAWN'],
        entries: [['escrow:evm:1:USDC -100.250000', 'exposure:evm:1:USDC +100.250000']],
        ...nothingMore,
      })
    const lost = [...history.payingOut, taken]
    given(offramp(), lost)
      .when(payout('settled'))
      .then(['payoutSettled'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        liquidity: 'consume',
      })
    // Nothing was paid for it, so that the loss is whose the deposit was.
    for (const input of [payout('rejected'), withdrawn('payoutFiat')])
      given(offramp(), lost)
        .when(input)
        .then(['payoutRefused', 'transferFailed'], {
          state: 'failed',
          answered: ['payoutFiat FAILED'],
          entries: [['exposure:evm:1:USDC -100.250000', 'customer_clearing:USDC +100.250000']],
          liquidity: 'free',
        })
    given(offramp(), history.payingOut).when(withdrawn('payoutFiat')).thenNothing()
    // So it is where a reorg had taken the deposit, and its issuer has it where it was mined again.
    given(offramp(), [...history.payingOut, depositOrphaned, taken])
      .when(payout('rejected'))
      .then(['payoutRefused', 'transferFailed'], {
        state: 'failed',
        answered: ['payoutFiat FAILED'],
        entries: [['exposure:evm:1:USDC -100.250000', 'customer_clearing:USDC +100.250000']],
        liquidity: 'free',
      })
    given(offramp(), [...lost, payoutRefused, { type: 'transferFailed' }])
      .when(payout('settled'))
      .then(['payoutSettled', 'receivableOpened'], {
        state: 'review',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged, ['customer_clearing:USDC -100.250000', 'receivable:USDC +100.250000']],
      })
    given(offramp(), lost)
      .when(payout('returned'))
      .then(['payoutReturned'], { state: 'review', answered: ['payoutFiat FAILED'], liquidity: 'free' })
  })

  it('is owed to the customer when it comes back and the issuer has taken the deposit', () => {
    given(offramp(), [...history.collecting, payoutReturned])
      .when(clawedBack)
      .then([taken, 'receivableOpened'], {
        state: 'review',
        answered: ['releaseDeposit FAILED'],
        entries: [['escrow:evm:1:USDC -100.250000', 'exposure:evm:1:USDC +100.250000']],
        ...nothingMore,
      })
  })
})

describe('a deposit that is a balance', () => {
  const balance = () => offramp({ deposit: deposit('balance') })

  it('leaves nothing to collect', () => {
    given(balance(), history.payingOut)
      .when(payout('settled'))
      .then(['payoutSettled', 'depositReleaseFinalized'], {
        state: 'completed',
        answered: ['payoutFiat SUCCEEDED'],
        entries: [exchanged],
        waits: { depositRelease: null },
        liquidity: 'consume',
      })
  })

  it('goes back out of the treasury', () => {
    const back = [...history.payingOut, payoutRefused, turnedBack]
    given(balance(), [...back, depositRefunded])
      .when(final('depositRefund', giveBackPlace))
      .then(['depositRefundFinalized'], {
        state: 'compensated',
        entries: [['treasury:evm:1:USDC -100.250000', 'customer_clearing:USDC +100.250000']],
        waits: { depositRefund: null },
      })
    given(balance(), back)
      .when(included('escrowRefunded', giveBackPlace))
      .then([depositRefunded], {
        state: 'refundedDeposit',
        answered: ['refundDeposit SUCCEEDED'],
        timers: { deposit: null, retryCommit: null, retryDepositRefund: null },
        waits: { deposit: null, commit: null, depositRefund: giveBackPlace.fact },
      })
  })
})

afterAll(() => {
  expect(
    unseen(offrampTransitions, transition => ofPayout.test(transition) && !isOfPaymentReturns(transition)),
    'transitions that no test has seen',
  ).toEqual([])
})
