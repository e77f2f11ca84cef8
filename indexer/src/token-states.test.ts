import { expect, test } from 'vitest'
import { foldTokens, type TokenStates, type TokenStep } from './token-states.ts'

const step = (sequence: number, block: number, locked = 0, token = 'T'): TokenStep => ({
  token,
  sequence: BigInt(sequence),
  locked: BigInt(locked),
  blockNumber: BigInt(block),
  blockHash: `0x${block}`,
})
const none: TokenStates = new Map()

test('counts what is locked, block by block and token by token', () => {
  const { after, rows, gap } = foldTokens(none, [step(1, 5), step(2, 5, 10), step(3, 7, -4), step(1, 7, 0, 'U')], false)
  expect(gap).toBeUndefined()
  expect(rows.map(({ token, blockHash, sequence, locked }) => [token, blockHash, sequence, locked])).toEqual([
    ['T', '0x5', 2n, 10n],
    ['T', '0x7', 3n, 6n],
    ['U', '0x7', 1n, 0n],
  ])
  expect(after.get('T')).toEqual({ sequence: 3n, since: 1n, locked: 6n, height: 7n })
})

test.each([
  ['a number left out', [step(1, 5), step(3, 8)], { expected: 2n, found: 3n, from: 5n, to: 8n }],
  ['the same number twice', [step(1, 5), step(1, 8)], { expected: 2n, found: 1n, from: 5n, to: 8n }],
  ['a token that does not begin at one', [step(4, 8)], { expected: 1n, found: 4n, from: 0n, to: 8n }],
])('%s is a gap, and where the missing event can stand is known', (_, steps, gap) => {
  expect(foldTokens(none, steps, false).gap).toEqual({ token: 'T', ...gap })
})

test('begun midway, a token may start anywhere, but only once', () => {
  expect(foldTokens(none, [step(4, 8), step(5, 9)], true)).toMatchObject({ gap: undefined, rows: [{ since: 4n }, { since: 4n }] })
  expect(foldTokens(none, [step(4, 8), step(6, 9)], true).gap).toMatchObject({ expected: 5n })
})

test('goes on from what the tables hold', () => {
  const before = foldTokens(none, [step(1, 5), step(2, 6, 10)], false).after
  expect(foldTokens(before, [step(3, 9, -10)], false).after.get('T')).toMatchObject({ sequence: 3n, locked: 0n })
  expect(foldTokens(before, [step(4, 9, -10)], false).gap).toMatchObject({ from: 6n, to: 9n })
})
