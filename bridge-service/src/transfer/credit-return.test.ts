import { afterAll, describe, expect, it } from 'vitest'
import { given, isOfPaymentReturns, replay, unseen } from '../../../test/support/given.ts'
import { bankSays, debitReturnedLate, onramp, history as onrampHistory, settledAtMs } from '../../../test/support/onramp.ts'
import { paidBack, paidIn } from '../../../test/support/onramp-lines.ts'
import { payoutSettled, remittance, history as remittanceHistory } from '../../../test/support/remittance.ts'
import type { RailFact } from '../rails/rail.ts'
import type { TransferEvent } from './event.ts'
import type { Input } from './input.ts'
import { onrampTransitions } from './onramp/transitions.ts'
import { remittanceTransitions } from './remittance/transitions.ts'
import type { Route } from './terms.ts'
import type { UnbornOf } from './transfer.ts'

const at = (minute: number) => ({ at: new Date(settledAtMs + minute * 60_000).toISOString() })
const said = (type: RailFact['type'], minute: number): Input => ({
  ...{ type: 'railFact', step: 'creditFiat' },
  fact: { ...bankSays(type), ...at(minute) },
})
const returned: TransferEvent = { type: 'creditReturned', rawCode: 'R03', ...at(1) }
const reversed: TransferEvent = { type: 'creditReturnReversed', bankTransferId: 'bt_1', ...at(2) }
const again: TransferEvent = { type: 'creditReturnedAgain', ...at(3) }
const settled: TransferEvent = { type: 'creditSettled', bankTransferId: 'bt_1' }
const reversal = said('returnReversed', 2)
const answered = ['creditFiat SUCCEEDED']

describe.each([
  ['an on-ramp', onramp(), onrampTransitions, onrampHistory],
  ['a remittance', remittance(), remittanceTransitions, remittanceHistory],
] as const)('the credit of %s', (_name, unborn, table, history) => {
  /** He has not got it, and a person sees to it. */
  const inHands = [...history.compensated, returned]

  it('has reached the customer when the bank takes its return back, and nothing is left for a person', () => {
    given(unborn, inHands)
      .when(reversal)
      .then([reversed, 'transferCompensated'], { state: 'compensated', answered, entries: [paidBack] })
    // Its settlement had been overtaken.
    given(unborn, [...history.crediting, returned])
      .when(reversal)
      .then([reversed, 'transferCompensated'], { state: 'compensated', answered, entries: [paidBack] })
  })

  it('has failed for nothing, then: what is said of the transfer is again why it paid back', () => {
    const { failure } = replay(unborn as UnbornOf<Route>, history.compensated).progress
    expect(failure?.code).not.toBe('credit_returned')
    expect(replay(unborn as UnbornOf<Route>, inHands).progress.failure?.code).toBe('credit_returned')
    expect(replay(unborn as UnbornOf<Route>, [...inHands, again, reversed]).progress.failure).toEqual(failure)
  })

  it('has reached a customer who has been given the money otherwise: he has it twice, and a person sees to it', () => {
    const paid = { refundId: 'rf_1', kind: 'owed', currency: 'USD', minor: '10025' } as const
    given(unborn, [...inHands, { type: 'refundPaid', ...paid }])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [paidBack] })
  })

  it('has reached a customer who has his debit back, too', () => {
    const debitLate = { ...debitReturnedLate, ...at(1) } as const
    given(unborn, [...inHands, debitLate])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [paidBack] })
    given(unborn, [...inHands, debitLate, reversed])
      .when({ ...reversal, step: 'debitFiat' } as Input)
      .then(['debitReturnReversed', 'transferCompensated'], {
        state: 'compensated',
        entries: [['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
      })
  })

  it('has settled when only the reversal is heard of, and then the return is none', () => {
    given(unborn, history.compensated).when(reversal).then([reversed], { state: 'compensated' })
    given(unborn, history.crediting)
      .when(reversal)
      .then([settled, 'transferCompensated', reversed], { state: 'compensated', answered, entries: [paidBack] })
    for (const late of [said('settled', 0), said('returned', 1), reversal])
      given(unborn, [...history.compensated, reversed])
        .when(late)
        .thenNothing()
    given(unborn, history.completed).when(reversal).thenNothing()
  })

  it('may come back again, and then that counts', () => {
    given(unborn, [...inHands, reversed, { type: 'transferCompensated' }])
      .when(said('returned', 3))
      .then([{ type: 'creditReturned', ...at(3) }], {
        state: 'review',
        answered: ['creditFiat FAILED'],
        entries: [paidIn],
      })
    given(unborn, inHands).when(said('returned', 3)).then([again], { state: 'review' })
    for (const late of [reversal, said('returned', 3)])
      given(unborn, [...inHands, again])
        .when(late)
        .thenNothing()
  })

  it('that was refused, and whose debit is back, is a person’s when it comes back: a settlement behind it counts for nothing', () => {
    const debitLate = { ...debitReturnedLate, ...at(1) } as const
    const refused = { type: 'creditRefused', code: 'rail_refused', detail: 'R03' } as const
    const ended = [...history.crediting, refused, debitLate, { type: 'transferCompensated' } as const]
    given(unborn, ended)
      .when(said('returned', 1))
      .then(['creditReturned'], {
        state: 'review',
        answered: ['creditFiat FAILED'],
        entries: [['customer_clearing:USD -100.25', 'receivable:USD +100.25']],
      })
    given(unborn, [...ended, returned])
      .when(said('settled', 0))
      .thenNothing()
    given(unborn, [...ended, returned])
      .when({ ...reversal, step: 'debitFiat' } as Input)
      .then(['debitReturnReversed'], {
        state: 'review',
        entries: [['receivable:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
      })
  })

  it('that a person has seen to is his again', () => {
    const resolved: TransferEvent = {
      type: 'transferResolved',
      ...{ outcome: 'compensated', evidence: 'a wire', document: null },
      closing: [{ account: 'customer_clearing:USD', into: 'bank_cash:bank:sim:USD', currency: 'USD', minor: '-10025' }],
    }
    given(unborn, [...inHands, resolved])
      .when(reversal)
      .then([reversed], { state: 'review', answered, entries: [paidBack] })
    given(unborn, [...inHands, resolved])
      .when(said('returned', 3))
      .then([again], { state: 'resolved' })
  })

  afterAll(() => {
    const isWanted = (transition: string) => isOfPaymentReturns(transition) && transition.includes(' credit')
    expect(unseen(table, isWanted), 'transitions that no test has seen').toEqual([])
  })
})

it('a credit’s return taken back of a remittance that was paid out, too, is owed by the customer', () => {
  given(remittance(), [...remittanceHistory.compensated, returned, payoutSettled])
    .when(reversal)
    .then([reversed], {
      state: 'review',
      answered,
      entries: [['bank_cash:bank:sim:USD -100.25', 'receivable:USD +100.25']],
    })
})
