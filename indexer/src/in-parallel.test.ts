import { expect, test } from 'vitest'
import { inParallel } from './in-parallel.ts'

test('keeps the order and the limit', async () => {
  let running = 0
  let most = 0
  const results = await inParallel([5, 4, 3, 2, 1, 0], 3, async n => {
    most = Math.max(most, ++running)
    for (let turns = 0; turns < n; turns++) await Promise.resolve()
    running -= 1
    return n * 10
  })
  expect(results).toEqual([50, 40, 30, 20, 10, 0])
  expect(most).toBe(3)
})

test('begins nothing after a failure', async () => {
  const begun: number[] = []
  const failing = inParallel([0, 1, 2, 3, 4, 5], 2, async n => {
    begun.push(n)
    if (n === 1) throw new Error('no')
    await new Promise(setImmediate)
  })
  await expect(failing).rejects.toThrow('no')
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1])
})
