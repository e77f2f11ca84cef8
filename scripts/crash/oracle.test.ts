import { expect, it } from 'vitest'
import { fateOf } from './oracle.ts'

const times = (n: number) => Array.from({ length: n }, () => 1n)
const fate = ([taken, fetchedBack, paidBack, arrived]: readonly [number, number, number, number]) =>
  fateOf({ taken: times(taken), fetchedBack: times(fetchedBack), paidBack: times(paidBack), arrived: times(arrived) })

// [taken, fetched back by the payer's bank, paid back, arrived]
it.each([
  ['delivered', [1, 0, 0, 1]],
  ['paid back', [1, 0, 1, 0]],
  ['fetched back by the bank', [0, 1, 0, 0]],
  ['never taken', [0, 0, 0, 0]],
  ['in a person’s hands', [1, 0, 0, 0]],
  ['in a person’s hands', [0, 1, 0, 1]],
  ['in a person’s hands', [0, 1, 1, 0]],
] as const)('calls it %s when bank and chains show %j', (name, trace) => {
  expect(fate(trace)).toBe(name)
})

it.each([
  ['delivered and paid back', [1, 0, 1, 1]],
  ['delivered twice', [1, 0, 0, 2]],
  ['taken twice', [2, 0, 0, 1]],
  ['taken again after it was fetched back', [1, 1, 0, 0]],
  ['paid back twice', [1, 0, 2, 0]],
  ['delivered for nothing', [0, 0, 0, 1]],
  ['paid back for nothing', [0, 0, 1, 0]],
  ['fetched back, paid back and delivered', [0, 1, 1, 1]],
] as const)('finds no name for what was %s', (_what, trace) => {
  expect(fate(trace)).toBeUndefined()
})
