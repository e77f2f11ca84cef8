import { afterAll, describe, expect, it } from 'vitest'
import { given, unseen } from '../../../../test/support/given.ts'
import { included } from '../../../../test/support/inputs.ts'
import { debitReturned, history, onramp, place } from '../../../../test/support/onramp.ts'
import { fileOf } from '../../../../test/support/onramp-files.ts'
import type { TransferEvent } from '../event.ts'
import { onrampTransitions } from './transitions.ts'

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

afterAll(() => {
  expect(
    unseen(onrampTransitions, transition => fileOf(transition) === 'clawback'),
    'transitions that no test has seen',
  ).toEqual([])
})
