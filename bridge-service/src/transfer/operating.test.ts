import { describe, expect, it } from 'vitest'
import { crosschain, history as crosschainHistory } from '../../../test/support/crosschain.ts'
import { given, replay } from '../../../test/support/given.ts'
import { cancel, credit, debit, included } from '../../../test/support/inputs.ts'
import { offramp, history as offrampHistory } from '../../../test/support/offramp.ts'
import { bankSays, history, onramp, place, refundAfterMs, releaseRefused, settledAtMs } from '../../../test/support/onramp.ts'
import { payoutReturned, remittance, history as remittanceHistory } from '../../../test/support/remittance.ts'
import type { TransferEvent } from './event.ts'
import type { OperatorInput } from './input.ts'
import { transitions } from './state.ts'

const retry: OperatorInput = { type: 'retryCommand' }
const compensate: OperatorInput = { type: 'compensateCommand', reason: 'on the list' }
const closing = [{ account: 'receivable:USD', into: 'bank_cash:bank:sim:USD', currency: 'USD', minor: '10025' }] as const
const word = { outcome: 'completed', evidence: 'a wire', document: 'vault/17', closing } as const
const resolve = (version: number): OperatorInput => ({ type: 'resolveCommand', version, ...word })
const inReview = history.review
const resolved: readonly TransferEvent[] = [...inReview, { type: 'transferResolved', ...word }]

describe('a retry', () => {
  it('is the timer of what was refused, before its time', () => {
    given(onramp(), [...history.releasing, releaseRefused])
      .when(retry)
      .then(['releaseRetried'], { state: 'releasing', intents: ['releaseEscrow 1'], timers: { retryRelease: null } })
  })

  it('needs a refusal', () => {
    for (const state of ['releasing', 'clearing', 'completed', 'review'] as const)
      given(onramp(), history[state]).when(retry).thenRefused('nothing_to_retry')
  })
})

describe('a forced compensation', () => {
  it('gives up a release that the chain has refused', () => {
    given(onramp(), [...history.releasing, releaseRefused])
      .when(compensate)
      .then([{ type: 'compensationStarted', reason: 'on the list' }], {
        state: 'refunding',
        intents: ['refundEscrow'],
        timers: { clearing: null, retryRelease: null },
        waits: { lock: null },
      })
  })

  it('does not race with a release that may be under way', () => {
    given(onramp(), history.releasing).when(compensate).thenRefused('transfer_not_compensable')
    given(onramp(), [...history.releasing, releaseRefused, { type: 'releaseRetried' }])
      .when(compensate)
      .thenRefused('transfer_not_compensable')
  })

  it('is a cancellation where that is still possible', () => {
    given(onramp(), history.debiting)
      .when(compensate)
      .then([{ type: 'cancelRequested', reason: 'on the list' }], { state: 'debiting' })
  })

  it('of a refund that went wrong in the end is a credit all the same', () => {
    given(onramp(), [...history.releasing, releaseRefused, { type: 'compensationStarted', reason: 'x' }])
      .when(included('escrowRefunded', '30'), refundAfterMs)
      .then([{ type: 'escrowRefunded', ...place('30') }], {
        state: 'refunded',
        answered: ['refundEscrow SUCCEEDED'],
        waits: { lock: null, refund: place('30').fact },
        timers: { clearing: null, retryRelease: null, retryRefund: null },
      })
  })
})

describe('a refund that has settled beside it', () => {
  const gift = { refundId: 'rf_1', kind: 'goodwill', currency: 'USD', minor: '500' } as const
  const settled: OperatorInput = { type: 'refundSettled', ...gift }

  it('is our loss where it is a gift, and leaves the transfer where it is', () => {
    given(onramp(), history.completed)
      .when(settled)
      .then([{ type: 'refundPaid', ...gift }], {
        state: 'completed',
        entries: [['bank_cash:bank:sim:USD -5.00', 'written_off:USD +5.00']],
      })
  })

  it('pays what the transfer owes', () => {
    given(onramp(), inReview)
      .when({ ...settled, kind: 'owed' })
      .then(['refundPaid'], { state: 'review', entries: [['bank_cash:bank:sim:USD -5.00', 'customer_clearing:USD +5.00']] })
  })

  it('comes out of the partner’s account where he had got back what he had paid out', () => {
    const eur = { refundId: 'rf_1', kind: 'owed', currency: 'EUR', minor: '9000' } as const
    given(remittance(), [...remittanceHistory.completed, payoutReturned])
      .when({ type: 'refundSettled', ...eur })
      .then(['refundPaid'], { state: 'completed', entries: [['payout_partner:EUR -90.00', 'customer_clearing:EUR +90.00']] })
  })

  it('is a person’s case where what was owed has reached the customer otherwise', () => {
    const reversed = { type: 'payoutReturnReversed', bankTransferId: 'bt_9', at: new Date(settledAtMs).toISOString() } as const
    const usd: OperatorInput = { ...settled, kind: 'owed', minor: '10000' }
    const paid = ['bank_cash:bank:sim:USD -100.00', 'customer_clearing:USD +100.00']
    given(offramp(), [...offrampHistory.review, reversed, { type: 'receivableClosed' }])
      .when(usd)
      .then(['refundPaid', 'receivableOpened'], { state: 'review', entries: [paid] })
    const credited = { type: 'creditReturnReversed', bankTransferId: 'bt_1', at: reversed.at } as const
    given(onramp(), [...history.compensated, credited])
      .when(usd)
      .then(['refundPaid'], { state: 'review', entries: [paid] })
    // His debit came back while it was under way, or the bank paid what it had refused: the money has left us all the same.
    given(onramp(), history.compensated)
      .when(usd)
      .then(['refundPaid'], { state: 'review', entries: [paid] })
  })

  it('is nothing where no bank can have paid it', () => {
    given(crosschain(), crosschainHistory.completed).when(settled).thenNothing()
  })

  it('that comes back is as if it had never been paid, and a person’s case', () => {
    const paid = [...history.completed, { type: 'refundPaid', ...gift }] as const
    const cameBack: OperatorInput = { type: 'refundCameBack', ...gift }
    given(onramp(), paid)
      .when(cameBack)
      .then([{ type: 'refundReturned', ...gift }], {
        state: 'review',
        entries: [['written_off:USD -5.00', 'bank_cash:bank:sim:USD +5.00']],
      })
    given(onramp(), [...inReview, { type: 'refundPaid', ...gift, kind: 'owed' }])
      .when({ ...cameBack, kind: 'owed' })
      .then(['refundReturned'], { state: 'review', entries: [['customer_clearing:USD -5.00', 'bank_cash:bank:sim:USD +5.00']] })
    given(onramp(), [...paid, { type: 'refundReturned', ...gift }])
      .when(cameBack)
      .thenNothing()
    given(onramp(), history.completed).when(cameBack).thenTooEarly()
  })

  it('is booked once, and only where something could be refunded', () => {
    given(onramp(), [...history.completed, { type: 'refundPaid', ...gift }])
      .when(settled)
      .thenNothing()
    given(onramp(), history.releasing).when(settled).thenNothing()
    given(onramp(), history.crediting).when(settled).thenTooEarly()
    given(onramp(), resolved)
      .when(settled)
      .then(['refundPaid'], { state: 'review', entries: [['bank_cash:bank:sim:USD -5.00', 'written_off:USD +5.00']] })
  })
})

describe('a resolution', () => {
  it('ends what is in a person’s hands, and closes what it had left open', () => {
    given(onramp(), inReview)
      .when(resolve(inReview.length))
      .then([{ type: 'transferResolved', ...word }], {
        state: 'resolved',
        answered: ['payoutFiat FAILED', 'creditFiat FAILED'],
        entries: [['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
      })
    expect(replay(onramp(), resolved).progress.resolution).toEqual({
      outcome: 'completed',
      evidence: 'a wire',
      document: 'vault/17',
    })
  })

  it('is good for the transfer that was looked at, and for nothing else', () => {
    given(onramp(), inReview)
      .when(resolve(inReview.length - 1))
      .thenRefused('transfer_moved')
    given(onramp(), history.releasing).when(resolve(history.releasing.length)).thenRefused('transfer_not_resolvable')
    given(onramp(), resolved).when(resolve(resolved.length)).thenRefused('transfer_not_resolvable')
  })

  it('leaves the bank’s later word to the next person, booked as it would have been', () => {
    const crediting: readonly TransferEvent[] = [
      ...history.crediting,
      { type: 'creditRefused', code: 'rail_refused', detail: 'closed' },
      { type: 'transferResolved', ...word, closing: [] },
    ]
    given(onramp(), crediting)
      .when(credit('settled'))
      .then(['creditSettled'], {
        state: 'review',
        answered: ['creditFiat SUCCEEDED'],
        entries: [['bank_cash:bank:sim:USD -100.25', 'customer_clearing:USD +100.25']],
      })
    const reopened = replay(onramp(), [...crediting, { type: 'creditSettled', bankTransferId: 'bt_2' }])
    // It was left to a person once, and only a person ends it again.
    expect(reopened).toMatchObject({ state: 'review', progress: { resolution: { outcome: 'completed' } } })
    given(onramp(), resolved).when(debit('returned')).thenNothing()
    // Nor is a later return of what was returned any news for a person, though the machine keeps its time.
    const again: TransferEvent = { type: 'debitReturnedAgain', at: new Date(settledAtMs + 2).toISOString() }
    const dated = resolved.map(event =>
      event.type === 'debitReturned' ? { ...event, at: new Date(settledAtMs).toISOString() } : event,
    )
    given(onramp(), dated)
      .when({ type: 'railFact', step: 'debitFiat', fact: { ...bankSays('returned'), at: again.at } })
      .then([again], { state: 'resolved' })
    given(onramp(), [...dated, again])
      .when({
        type: 'railFact',
        step: 'debitFiat',
        fact: { ...bankSays('returnReversed'), at: new Date(settledAtMs + 1).toISOString() },
      })
      .thenNothing()
    given(onramp(), resolved).when(cancel).thenRefused('transfer_not_cancelable')
  })

  it('is not concluded by the machine again, whose books would say otherwise', () => {
    // Written off, and then the bank takes its return back: the claim that would end has been closed already.
    given(onramp(), resolved)
      .when(debit('returnReversed'))
      .then(['debitReturnReversed'], {
        state: 'review',
        entries: [['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
      })
    given(onramp(), inReview)
      .when(debit('returnReversed'))
      .then(['debitReturnReversed', 'receivableClosed'], {
        state: 'completed',
        entries: [['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
      })
  })

  it('is in every route that has a review, and whatever a review hears leads back to one', () => {
    for (const [route, table] of Object.entries(transitions)) {
      if (table.review === undefined) continue
      const heard = Object.keys(table.review).filter(event => event !== 'transferResolved')
      expect(Object.keys(table.resolved!), route).toEqual(heard)
      const movesNothing = (event: string) => event.endsWith('ReturnedAgain')
      for (const [event, state] of Object.entries(table.resolved!))
        expect(state, `${route} ${event}`).toBe(movesNothing(event) ? 'resolved' : 'review')
    }
  })
})
