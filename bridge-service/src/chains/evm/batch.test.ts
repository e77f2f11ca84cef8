import { expect, test } from 'vitest'
import { batched } from './batch.ts'

test('what arrives together travels together, and each gets its own answer', async () => {
  const batches: number[][] = []
  const double = batched(
    async (items: readonly number[]) => {
      batches.push([...items])
      return items.map(item => item * 2)
    },
    3,
    setImmediate,
  )
  expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8])
  expect(batches).toEqual([[1, 2, 3], [4]])
  expect(await double(5)).toBe(10)
})

test('what arrives while a batch runs waits for the next one', async () => {
  const gate = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const batches: string[][] = []
  const run = batched(
    async (items: readonly string[]) => {
      batches.push([...items])
      started.resolve()
      await gate.promise
      return items
    },
    10,
    setImmediate,
  )
  const first = run('a')
  await started.promise
  const later = [run('b'), run('c')]
  expect(batches).toEqual([['a']])
  gate.resolve()
  expect(await Promise.all([first, ...later])).toEqual(['a', 'b', 'c'])
  expect(batches).toEqual([['a'], ['b', 'c']])
})

test('a batch that fails fails all of its items and none of the next', async () => {
  let failing = true
  const run = batched(
    async (items: readonly number[]) => {
      if (failing) throw new Error('no')
      return items
    },
    2,
    setImmediate,
  )
  const results = await Promise.allSettled([run(1), run(2)])
  expect(results.map(result => result.status)).toEqual(['rejected', 'rejected'])
  failing = false
  expect(await run(3)).toBe(3)
})
