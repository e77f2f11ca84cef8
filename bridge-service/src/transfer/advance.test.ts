import { describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { bankSays, clearingMs, finalAtMs, history, onramp, settledAtMs } from '../../../test/support/onramp.ts'
import { remittance, history as remittanceHistory } from '../../../test/support/remittance.ts'
import { advanceOf } from './advance.ts'
import { decide, request } from './decide.ts'
import type { Decision } from './decision.ts'
import type { TransferEvent } from './event.ts'

const returnableMs = 3 * 86_400_000
const lent = { minor: 10_025n, returnableUntilMs: null }
const lentUntilFinal = { minor: 10_025n, returnableUntilMs: finalAtMs - clearingMs + returnableMs }
const advanced = onramp({ returnableMs })
const tell = (events: readonly TransferEvent[], fact: Parameters<typeof bankSays>[0]) =>
  decide(replay(advanced, events), { type: 'railFact', step: 'debitFiat', fact: bankSays(fact) }, settledAtMs) as Decision

describe('what is lent for a transfer', () => {
  it.each([
    ...(['requested', 'debiting'] as const).map(state => [state, lent] as const),
    ...(['locking', 'releasing', 'completed', 'crediting', 'compensated'] as const).map(
      state => [state, lentUntilFinal] as const,
    ),
    ...(['failed', 'canceled', 'review'] as const).map(state => [state, undefined] as const),
  ])('that is %s', (state, expected) => {
    expect(advanceOf(replay(advanced, history[state]))).toEqual(expected)
  })

  it('is the same on a remittance, and nothing where the debit is waited for', () => {
    expect(advanceOf(replay(remittance({ returnableMs }), remittanceHistory.completed))).toEqual(lentUntilFinal)
    for (const past of Object.values(history)) expect(advanceOf(replay(onramp(), past))).toBeUndefined()
  })
})

describe('a step', () => {
  it('that opens a transfer lends, before anything is debited', () => {
    expect(request(advanced, settledAtMs)).toMatchObject({ advance: lent })
    expect(request(onramp(), settledAtMs)).not.toHaveProperty('advance')
  })

  it('that settles its debit says until when, and one that changes nothing of it says nothing', () => {
    expect(tell(history.debiting, 'settled')).toMatchObject({ advance: lentUntilFinal })
    expect(tell(history.debiting, 'submitted')).not.toHaveProperty('advance')
  })

  it.each(['debiting', 'locking', 'releasing', 'completed'] as const)(
    'in which the debit of one that is %s comes back ends it',
    state => {
      expect(tell(history[state], 'returned')).toMatchObject({ advance: null })
    },
  )

  it('in which the bank takes that back lends again', () => {
    expect(tell(history.review, 'returnReversed')).toMatchObject({ advance: lentUntilFinal })
  })

  it.each(['settled', 'returned'] as const)('of a refused debit that is %s after all', fact => {
    expect(tell(history.failed, fact).advance).toEqual(fact === 'settled' ? lentUntilFinal : undefined)
  })
})
