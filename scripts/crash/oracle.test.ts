import { expect, it } from 'vitest'
import { fateOf } from './oracle.ts'

// [debits settled, debits returned, credits settled, stablecoins arrived]
it.each([
  ['delivered', [1, 0, 0, true]],
  ['refunded', [1, 0, 1, false]],
  ['returned by the bank', [0, 1, 0, false]],
  ['never debited', [0, 0, 0, false]],
  ['in a person’s hands', [1, 0, 0, false]],
  ['in a person’s hands', [0, 1, 0, true]],
  ['in a person’s hands', [0, 1, 1, false]],
] as const)('calls it %s when bank and chain show %j', (fate, [debits, returned, credits, arrived]) => {
  expect(fateOf(debits, returned, credits, arrived)).toBe(fate)
})

it.each([
  ['delivered and paid back', [1, 0, 1, true]],
  ['debited twice', [2, 0, 0, true]],
  ['debited again after a return', [1, 1, 0, false]],
  ['paid back twice', [1, 0, 2, false]],
  ['delivered for nothing', [0, 0, 0, true]],
  ['paid back for nothing', [0, 0, 1, false]],
] as const)('finds no name for what was %s', (_what, [debits, returned, credits, arrived]) => {
  expect(fateOf(debits, returned, credits, arrived)).toBeUndefined()
})
