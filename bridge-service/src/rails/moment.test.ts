import { describe, expect, it } from 'vitest'
import { momentOf } from './moment.ts'

const knownAtMs = Date.parse('2026-03-02T10:00:00.000Z')

describe('the moment of what a bank says', () => {
  it.each([
    ['what the bank says by the clock', '2026-03-02T08:30:00.000Z', '2026-03-02T08:30:00.000Z'],
    ['that also a second after midnight', '2026-03-02T00:00:01Z', '2026-03-02T00:00:01Z'],
    ['when we knew, of a day', '2026-03-02', '2026-03-02T10:00:00.000Z'],
    ['when we knew, of a day long past', '2026-02-27', '2026-03-02T10:00:00.000Z'],
    ['when we knew, of a midnight, which is how many write a day', '2026-03-02T00:00:00Z', '2026-03-02T10:00:00.000Z'],
    ['when we knew, of a midnight somewhere else', '2026-03-02T00:00:00.000+01:00', '2026-03-02T10:00:00.000Z'],
    ['when we knew, of no word about it', undefined, '2026-03-02T10:00:00.000Z'],
    ['a day that is still to come', '2026-03-03', '2026-03-03T00:00:00.000Z'],
  ])('is %s', (_what, said, moment) => {
    expect(momentOf(said, knownAtMs)).toBe(moment)
  })

  it('of what is known to have come later is later', () => {
    expect([0, 1, 2].map(place => Date.parse(momentOf('2026-03-02', knownAtMs, place)) - knownAtMs)).toEqual([0, 1, 2])
    expect(momentOf('2026-03-03', knownAtMs, 2)).toBe('2026-03-03T00:00:00.002Z')
  })
})
