import { afterEach, expect, it } from 'vitest'
import { type TransferTail, transferTail } from './tail.ts'

const row = (version: number) => ({
  transferId: 'tr_1',
  version,
  type: 'x',
  payload: {},
  fromState: 'a',
  toState: 'b',
  at: new Date(),
  chain: 'evm:1',
})

/** A pool whose answers come when the test says so. */
const slowPool = () => {
  const waiting: { after: number[]; answer: (rows: unknown[]) => void; fail: (error: unknown) => void }[] = []
  const query = ({ values }: { values: [string[], number[]] }) =>
    new Promise((resolve, reject) => {
      waiting.push({ after: values[1], answer: rows => resolve({ rows }), fail: reject })
    })
  const next = async () => {
    const deadline = Date.now() + 5_000
    while (waiting.length === 0) {
      if (Date.now() > deadline) throw new Error('nothing was read')
      await new Promise(resolve => setImmediate(resolve))
    }
    return waiting.shift()!
  }
  return { pool: { query } as never, next, waiting }
}

let tail: TransferTail | undefined
afterEach(() => tail?.stop())

it('leaves no gap for who begins further back while a read is under way', async () => {
  const { pool, next } = slowPool()
  tail = transferTail({ pool, pollMs: 3_600_000 })
  const near: number[] = []
  const far: number[] = []
  tail.listen('tr_1', 3, events => near.push(...events.map(event => event.version)))
  const first = await next()
  expect(first.after).toEqual([3])
  tail.listen('tr_1', 0, events => far.push(...events.map(event => event.version)))
  first.answer([row(4), row(5)])
  const second = await next()
  expect(second.after).toEqual([0])
  expect([near, far]).toEqual([[4, 5], []])
  second.answer([1, 2, 3, 4, 5].map(row))
  tail.wake([{ id: 'tr_1' }])
  expect((await next()).after).toEqual([5])
  expect([near, far]).toEqual([
    [4, 5],
    [1, 2, 3, 4, 5],
  ])
})

it('goes on after a read that failed, and ignores moves that nobody listens to', async () => {
  const { pool, next, waiting } = slowPool()
  const errors: unknown[] = []
  tail = transferTail({ pool, pollMs: 5, onError: error => errors.push(error) })
  const heard: number[] = []
  const leave = tail.listen('tr_1', 0, events => heard.push(...events.map(event => event.version)))
  tail.wake([{ id: 'tr_2' }])
  ;(await next()).fail(new Error('away'))
  ;(await next()).answer([row(1)])
  const last = await next()
  expect(last.after).toEqual([1])
  leave()
  last.answer([row(2)])
  tail.wake([{ id: 'tr_1' }])
  await new Promise(resolve => setImmediate(resolve))
  expect([heard, errors.length, waiting.length]).toEqual([[1], 1, 0])
})
