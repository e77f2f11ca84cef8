import { expect, test } from 'vitest'
import { createProgress } from './progress.ts'

test('says how far a backfill is, every few seconds, and nothing at the tip', () => {
  const said: unknown[] = []
  const progress = createProgress((level, _, fields) => said.push([level, fields]), 'evm:1', 100n)
  progress(0n, 10_000n, 1_000)
  progress(500n, 10_000n, 3_000)
  expect(said).toEqual([])
  progress(2_000n, 10_000n, 6_000)
  progress(2_100n, 10_000n, 6_100)
  progress(9_950n, 10_000n, 60_000)
  progress(10_000n, 10_000n, 90_000)
  expect(said).toEqual([['info', { chain: 'evm:1', height: 2_000n, nodeHeight: 10_000n, blocksPerSecond: 400, secondsLeft: 20 }]])
})
