import { expect, test } from 'vitest'
import type { Verdict } from './judge.ts'
import type { KnownEquivalent } from './known-equivalents.ts'
import type { Mutant } from './mutant.ts'
import { reportOf } from './report.ts'
import { sampleOf } from './sample.ts'

const mutant = (start: number): Mutant => ({
  file: 'contracts/Till.sol',
  line: start,
  within: 'take',
  operator: 'relational',
  code: `line ${start}`,
  original: '<',
  replacement: '<=',
  start,
})
const known = (start: number): KnownEquivalent => {
  const { file, within, code, original, replacement } = mutant(start)
  return { file, within, code, original, replacement, reason: 'both sides are the same' }
}
const judged = (start: number, verdict: Verdict) => ({ mutant: mutant(start), verdict })
const survived: Verdict = { kind: 'survived' }
const all = [mutant(1), mutant(2), mutant(3)]

test('a survivor fails the run unless it is known, that one and no other', () => {
  const run = { all, judged: [judged(1, survived), judged(2, { kind: 'killed', by: 'test_' })], minutes: 1 }
  expect(reportOf({ ...run, known: [] })).toMatchObject({ ok: false, survivors: [mutant(1)] })
  expect(reportOf({ ...run, known: [known(1)] })).toMatchObject({ ok: true, survivors: [], counts: { survived: 0, known: 1 } })
  expect(reportOf({ ...run, known: [known(3)] })).toMatchObject({ ok: false, survivors: [mutant(1)], stale: [] })
})

test.each<[string, Verdict, number]>([
  ['was noticed', { kind: 'killed', by: 'test_' }, 1],
  ['does not come back', { kind: 'timedOut' }, 1],
  ['is gone', survived, 4],
])('an entry is stale when its mutant %s', (_why, verdict, entry) => {
  const report = reportOf({ all, judged: [judged(1, verdict)], known: [known(1), known(entry)], minutes: 1 })
  expect(report.ok).toBe(false)
  expect(report.stale).toContainEqual(known(entry))
})

test('an entry is not stale when its mutant was not tried, or compiles to the same', () => {
  const report = reportOf({ all, judged: [judged(1, { kind: 'equivalent' })], known: [known(1), known(2)], minutes: 1 })
  expect(report).toMatchObject({ ok: true, stale: [] })
})

test('a sample is the same for the same seed, and part of every larger one', () => {
  const many = Array.from({ length: 100 }, (_, start) => mutant(start))
  const ten = sampleOf(many, 10, 'a')
  expect(ten).toHaveLength(10)
  expect(sampleOf(many.toReversed(), 10, 'a')).toEqual(ten)
  expect(sampleOf(many, 20, 'a').slice(0, 10)).toEqual(ten)
  expect(sampleOf(many, 10, 'b')).not.toEqual(ten)
})
