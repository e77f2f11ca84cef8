import { describe, expect, it } from 'vitest'
import { given, replay } from '../../../test/support/given.ts'
import { bank, deadline, debit, final, included, refusal } from '../../../test/support/inputs.ts'
import { offramp, history as offrampHistory } from '../../../test/support/offramp.ts'
import { debitSettled, history, onramp, place, settledAtMs } from '../../../test/support/onramp.ts'
import { remittance, history as remittanceHistory } from '../../../test/support/remittance.ts'
import type { TransferEvent } from './event.ts'
import { transitions } from './state.ts'

const minute = 60_000
const patience = {
  debitMs: 60 * minute,
  inclusionMs: 10 * minute,
  finalityMs: 20 * minute,
  payoutMs: 30 * minute,
  transferMs: 600 * minute,
}
const patient = () => onramp({ patience })
const wholeAtMs = settledAtMs + patience.transferMs
// From here on the timer is as exact as where it is set; before, it stands at the first look (see patience-timer.test.ts).
const laterMs = settledAtMs + 5 * minute
const submitted: TransferEvent = { type: 'debitSubmitted', bankTransferId: 'bt_1' }
const calledBack: TransferEvent = { type: 'debitCalledBack', bankTransferId: 'bt_1' }
const told = (why: Extract<TransferEvent, { type: 'attentionRequired' }>['why']): TransferEvent => ({
  type: 'attentionRequired',
  why,
  since: new Date(settledAtMs).toISOString(),
})

describe('the time for a phase', () => {
  it('begins with the phase, and ends with it', () => {
    given(patient(), history.locking)
      .when(included('escrowLocked', '10'), laterMs)
      .then(['escrowLocked'], {
        state: 'locked',
        answered: ['lockEscrow SUCCEEDED'],
        waits: { lock: place('10').fact },
        timers: { patience: laterMs + patience.finalityMs },
      })
    given(patient(), history.released)
      .when(final('release', '20'))
      .then(['releaseFinalized'], {
        state: 'completed',
        entries: [expect.arrayContaining(['exchange:USDC +100.000000']) as never],
        liquidity: 'consume',
        waits: { release: null },
        timers: { patience: null },
      })
  })

  it('is never longer than what is left for the whole transfer', () => {
    const late = wholeAtMs - minute
    given(patient(), history.locking)
      .when(included('escrowLocked', '10'), late)
      .then(['escrowLocked'], {
        state: 'locked',
        answered: ['lockEscrow SUCCEEDED'],
        waits: { lock: place('10').fact },
        timers: { patience: wholeAtMs },
      })
  })

  it('does not begin anew with news that move nothing', () => {
    given(patient(), history.debiting)
      .when(debit('submitted'))
      .then(['debitSubmitted'], { state: 'debiting', answered: ['debitFiat IN_FLIGHT'] })
  })

  it('does not run for transfers that were made before there was any', () => {
    given(onramp(), history.locked).when(deadline('patience')).thenNothing()
  })
})

describe('a debit that does not settle in time', () => {
  it('is called back once, and waited for again', () => {
    given(patient(), [...history.debiting, submitted])
      .when(deadline('patience'), laterMs)
      .then([calledBack], {
        state: 'debiting',
        intents: ['cancelDebit'],
        timers: { patience: laterMs + patience.debitMs },
      })
  })

  it('fails when the bank gives it up', () => {
    given(patient(), [...history.debiting, submitted, calledBack])
      .when(debit('rejected', 'CANC'))
      .then([{ type: 'debitRefused', code: 'debit_overdue', detail: 'CANC' }], {
        state: 'failed',
        answered: ['debitFiat FAILED', 'cancelDebit SUCCEEDED'],
        entries: [['escrow:evm:1:USDC -100.000000 pending', 'treasury:evm:1:USDC +100.000000 pending']],
        liquidity: 'free',
        timers: { patience: null },
      })
  })

  it('goes on when the bank says that it is too late, and a person knows of it until it settles', () => {
    const tooLate = [...history.debiting, submitted, calledBack]
    given(patient(), tooLate)
      .when(refusal('cancelDebit'))
      .then([told('debit_overdue')], { state: 'debiting', answered: ['cancelDebit FAILED'], timers: { patience: null } })
    const waiting = [...tooLate, told('debit_overdue')]
    expect(replay(patient(), waiting).progress.attention).toEqual({ why: 'debit_overdue', since: expect.any(String) })
    given(patient(), waiting)
      .when(debit('settled'), laterMs)
      .then(['debitSettled'], {
        state: 'locking',
        answered: ['debitFiat SUCCEEDED', 'cancelDebit FAILED'],
        intents: ['lockEscrow'],
        entries: [['customer_clearing:USD -100.25', 'bank_cash:bank:sim:USD +100.25']],
        timers: { patience: laterMs + patience.inclusionMs },
      })
    expect(replay(patient(), [...waiting, debitSettled]).progress.attention).toBeUndefined()
  })

  it('is for a person when the bank has never said that it has it: an order nobody can name cannot be called back', () => {
    given(patient(), [...history.debiting, { type: 'debitUnknown', detail: 'silence' }])
      .when(deadline('patience'))
      .then([told('debit_overdue')], { state: 'debiting', timers: { patience: null } })
  })

  it('is for a person when the bank does not answer the call', () => {
    given(patient(), [...history.debiting, submitted, calledBack])
      .when(deadline('patience'))
      .then([told('debit_overdue')], { state: 'debiting', timers: { patience: null } })
  })

  it('is over when the refusal of the call comes after its settlement', () => {
    given(patient(), history.locking).when(refusal('cancelDebit')).thenNothing()
  })
})

describe('what takes too long', () => {
  it.each([
    ['locking', 'chain_transaction_overdue'],
    ['locked', 'finality_overdue'],
    ['releasing', 'chain_transaction_overdue'],
    ['released', 'finality_overdue'],
    ['refunding', 'chain_transaction_overdue'],
    ['refunded', 'finality_overdue'],
    ['crediting', 'payout_overdue'],
    ['clearing', 'transfer_overdue'],
  ] as const)('when the transfer is %s is told to a person, who has it as it is', (state, why) => {
    given(patient(), history[state])
      .when(deadline('patience'))
      .then([told(why)], { state, timers: { patience: null } })
  })

  it('as a whole says so until the end', () => {
    given(patient(), history.locked)
      .when(deadline('patience'), wholeAtMs)
      .then([{ type: 'attentionRequired', why: 'transfer_overdue' }], { state: 'locked', timers: { patience: null } })
    const late = [...history.locked, told('transfer_overdue'), { type: 'lockFinalized' }] as const
    expect(replay(patient(), late).progress.attention?.why).toBe('transfer_overdue')
    const ended = [...late, ...history.completed.slice(history.clearing.length)]
    expect(replay(patient(), ended)).toMatchObject({ state: 'completed', progress: { holdEnded: true } })
    expect(replay(patient(), ended).progress.attention).toBeUndefined()
  })

  it('is told once', () => {
    given(patient(), [...history.locked, told('finality_overdue')])
      .when(deadline('patience'))
      .thenNothing()
    for (const state of ['completed', 'compensated', 'failed', 'canceled', 'review'] as const)
      given(patient(), history[state]).when(deadline('patience')).thenNothing()
  })

  it('is told of a payout of any route, with the money held', () => {
    given(offramp({ patience }), offrampHistory.payingOut)
      .when(deadline('patience'))
      .then([told('payout_overdue')], { state: 'payingOut', timers: { patience: null } })
    given(remittance({ patience }), remittanceHistory.payingOut)
      .when(deadline('patience'))
      .then([told('payout_overdue')], { state: 'payingOut', timers: { patience: null } })
    given(remittance({ patience }), remittanceHistory.payingOut)
      .when(bank('payoutFiat', 'settled'))
      .then(['payoutSettled'], {
        state: 'releasing',
        answered: ['payoutFiat SUCCEEDED'],
        intents: ['releaseEscrow'],
        entries: [expect.any(Array) as never],
        timers: { patience: settledAtMs + patience.inclusionMs },
      })
  })
})

describe('attention', () => {
  it('can be asked for wherever a transfer waits, on every route', () => {
    for (const table of Object.values(transitions))
      for (const [state, targets] of Object.entries(table)) {
        const isWaiting = !['none', 'review', 'completed', 'compensated', 'canceled', 'failed', 'resolved'].includes(state)
        expect(targets.attentionRequired, state).toBe(isWaiting ? state : undefined)
      }
  })
})
