import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { seed } from '../../../test/support/seed.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Step } from '../transfer/input.ts'
import { intentOf } from './intent.ts'
import { intentKey, referenceOf } from './key.ts'

const id = 'tr_01h455vb4pex5vsknk084sn02q' as TransferId
const steps: Step[] = ['screen', 'debitFiat', 'lockEscrow', 'releaseEscrow', 'refundEscrow', 'creditFiat']

describe('a key', () => {
  it('is the same for ever: a change of this value makes old orders new ones', () => {
    // printf 'tr_01h455vb4pex5vsknk084sn02q|debitFiat|0|2026-03-02' | sha256sum
    expect(intentKey(id, 'debitFiat', 0, '2026-03-02T10:00:00.000Z')).toBe(
      'e4c402104eebf35dd30e066239670f3d5740d68ef4f35a2dfd20ca6d680aefbc',
    )
  })

  it('does not depend on the time of day, only on the day', () => {
    const key = intentKey(id, 'debitFiat', 0, '2026-03-02T00:00:00.000Z')
    expect(intentKey(id, 'debitFiat', 0, '2026-03-02T23:59:59.999Z')).toBe(key)
    expect(intentKey(id, 'debitFiat', 0, '2026-03-03T00:00:00.000Z')).not.toBe(key)
  })

  it('is another one for every other transfer, step and attempt', () => {
    const wish = fc.record({
      id: fc.constantFrom('tr_a', 'tr_b', 'tr_a|debitFiat'),
      step: fc.constantFrom(...steps),
      attempt: fc.nat(120),
    })
    fc.assert(
      fc.property(wish, wish, (a, b) => {
        const keyOf = (each: typeof a) => intentKey(each.id as TransferId, each.step, each.attempt, '2026-03-02T10:00:00.000Z')
        expect(keyOf(a) === keyOf(b)).toBe(a.id === b.id && a.step === b.step && a.attempt === b.attempt)
      }),
      { seed },
    )
  })

  it('gives a reference that a bank takes: at most 35 plain characters, as distinct as the key', () => {
    const references = Array.from({ length: 1_000 }, (_, attempt) =>
      referenceOf(intentKey(id, 'debitFiat', attempt, '2026-03-02')),
    )
    for (const reference of references) expect(reference).toMatch(/^CW[0-9a-f]{32}$/)
    expect(new Set(references).size).toBe(1_000)
  })
})

describe('an intent', () => {
  it('is the same, byte for byte, whoever makes it of whatever later state', () => {
    const unborn = onramp()
    const first = intentOf(replay(unborn, history.debiting), { step: 'debitFiat', attempt: 0 })
    const later = intentOf(replay(unborn, history.review), { step: 'debitFiat', attempt: 0 })
    expect(JSON.stringify(later)).toBe(JSON.stringify(first))
    const lock = intentOf(replay(unborn, history.locking), { step: 'lockEscrow', attempt: 0 })
    expect(JSON.stringify(intentOf(replay(unborn, history.crediting), { step: 'lockEscrow', attempt: 0 }))).toBe(
      JSON.stringify(lock),
    )
  })

  it('says everything that its call needs', () => {
    const transfer = replay(onramp(), history.crediting)
    const intents = Object.fromEntries(steps.map(step => [step, intentOf(transfer, { step, attempt: 0 })]))
    expect(intents.screen).toMatchObject({
      target: 'screening',
      request: { order: { names: ['Ada Lovelace'], accounts: ['1234567890'], addresses: [`0x${'44'.repeat(20)}`] } },
    })
    expect(intents.debitFiat).toMatchObject({
      target: 'bank:sim',
      request: {
        kind: 'rail',
        order: {
          direction: 'debit',
          amountMinor: '10025',
          currency: 'USD',
          account: 'acct_1',
          scheme: 'ach',
          description: transfer.id,
        },
      },
    })
    // What went in comes back whole, fee included.
    expect(intents.creditFiat).toMatchObject({
      target: 'bank:sim',
      request: { order: { direction: 'credit', amountMinor: '10025' } },
    })
    for (const [step, action] of [
      ['lockEscrow', 'lock'],
      ['releaseEscrow', 'release'],
      ['refundEscrow', 'refund'],
    ] as const)
      expect(intents[step]).toMatchObject({
        target: 'evm:1',
        request: { kind: 'chain', order: { action, terms: { ref: transfer.terms.hold.ref, amountMinor: '100000000' } } },
      })
    for (const intent of Object.values(intents)) expect(intent.request.order.key).toBe(intent.key)
    for (const { request, reference } of [intents.debitFiat!, intents.creditFiat!])
      expect(request.order).toMatchObject({ externalId: reference })
  })
})
