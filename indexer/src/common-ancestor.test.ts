import { expect, test } from 'vitest'
import { commonAncestor } from './common-ancestor.ts'
import type { Hash } from './observation.ts'

const hash = (fork: string, height: bigint): Hash => `0x${fork}${height}`

test.each([
  [100n, 100n],
  [99n, 100n],
  [57n, 100n],
  [11n, 100n],
  [10n, 100n],
])('parted above %i, the tip at %i', async (ancestor, top) => {
  let asked = 0
  const theirs = async (height: bigint) => {
    asked += 1
    return hash(height <= ancestor ? 'a' : 'b', height)
  }
  expect(await commonAncestor(10n, top, async height => hash('a', height), theirs)).toEqual({
    number: ancestor,
    hash: hash('a', ancestor),
  })
  expect(asked).toBeLessThan(16)
})

test('nothing in common', async () => {
  expect(
    await commonAncestor(
      10n,
      100n,
      async height => hash('a', height),
      async height => hash('b', height),
    ),
  ).toBeUndefined()
})

test('a chain that is shorter here or there is compared where both are', async () => {
  const upTo = (height: bigint) => async (asked: bigint) => (asked <= height ? hash('a', asked) : undefined)
  expect(await commonAncestor(10n, 100n, upTo(60n), upTo(100n))).toMatchObject({ number: 60n })
})
