import { describe, expect, it } from 'vitest'
import { type Evidence, verdictOf } from './fate.ts'

const attempt = { maxTime: 1_000n }
const silence: Evidence = { closeTime: 1_001n, consumed: false, found: undefined, covered: true, usurped: false }

describe('what became of an attempt', () => {
  it.each<[string, Partial<Evidence>, ReturnType<typeof verdictOf>]>([
    ['is in a ledger: succeeded, whatever else is known', { found: { successful: true }, covered: false }, { fate: 'succeeded' }],
    ['is in a ledger without effect: failed', { found: { successful: false } }, { fate: 'failed' }],
    ['is nowhere, and its time is over: dead', {}, { fate: 'dead', why: 'expired' }],
    [
      'is nowhere, and its number went to another: dead',
      { closeTime: 5n, consumed: true, usurped: true },
      { fate: 'dead', why: 'usurped' },
    ],
    ['is nowhere, and its last second is not over', { closeTime: 1_000n }, { fate: 'open' }],
    ['is nowhere in a history that does not reach back', { covered: false }, { fate: 'open' }],
    [
      'is nowhere in a history that does not reach back, its number gone',
      { covered: false, usurped: true, consumed: true },
      { fate: 'open' },
    ],
    ['is nowhere, but its number is gone and nobody shows who took it', { consumed: true }, { fate: 'open' }],
    ['is nowhere, and whether its number is gone was told by a replica that lags', { consumed: undefined }, { fate: 'open' }],
  ])('when it %s', (_what, evidence, verdict) => expect(verdictOf(attempt, { ...silence, ...evidence })).toEqual(verdict))
})
