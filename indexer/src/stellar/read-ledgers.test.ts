import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Hash } from '../observation.ts'
import type { Header } from './header.ts'
import { readLedgers } from './read-ledgers.ts'
import type { LedgerSource } from './source.ts'
import type { RawTransaction } from './transaction.ts'

const hash = (text: string): Hash => `0x${createHash('sha256').update(text).digest('hex')}`
const transaction = (ledger: number, order: number): RawTransaction => ({
  ...{ ledger: BigInt(ledger), order, hash: hash(`${ledger}:${order}`), envelopeXdr: '', resultXdr: '' },
})
const header = (number: number, successful: number): Header => ({
  ...{ number: BigInt(number), hash: hash(`l${number}`), parentHash: hash(`l${number - 1}`), time: 0n },
  completeness: { by: 'count', successful },
})
const source = (headers: readonly Header[], pages: readonly RawTransaction[][]): LedgerSource => ({
  state: () => Promise.reject(new Error('not asked')),
  headers: async (from, limit) => headers.filter(({ number }) => number >= from).slice(0, limit),
  transactions: async function* () {
    yield* pages
  },
})
const read = async (headers: readonly Header[], pages: readonly RawTransaction[][], limit = 10) =>
  (await readLedgers(source(headers, pages), 5n, limit)).map(({ header, transactions }) => [
    Number(header.number),
    transactions.map(({ order }) => order),
  ])

const three = [header(5, 2), header(6, 0), header(7, 1)]
const inconsistent = { code: 'node_inconsistent' }

test('ledgers with all their transactions, however the pages fall', async () => {
  const [a, b, c] = [transaction(5, 1), transaction(5, 3), transaction(7, 1)]
  for (const pages of [[[a, b, c]], [[a], [b], [c]], [[a], [b, c]], [[a, b, c], [transaction(8, 1)]]])
    expect(await read(three, pages)).toEqual([
      [5, [1, 3]],
      [6, []],
      [7, [1]],
    ])
})

test('as far as they are complete; the rest is read again', async () => {
  expect(await read(three, [[transaction(5, 1), transaction(5, 2)]])).toEqual([
    [5, [1, 2]],
    [6, []],
  ])
})

test('a ledger whose transactions are not all there is none', async () => {
  await expect(read(three, [[transaction(5, 1)]])).rejects.toMatchObject(inconsistent)
  await expect(read(three, [])).rejects.toMatchObject(inconsistent)
  await expect(read(three, [[transaction(5, 1), transaction(5, 2), transaction(5, 3)]])).rejects.toMatchObject(inconsistent)
})

test('only as far as each is the parent of the next', async () => {
  const torn = [header(5, 0), { ...header(6, 0), parentHash: hash('another') }]
  expect(await read(torn, [])).toEqual([[5, []]])
})

test('never another ledger than the one that was asked for', async () => {
  await expect(read([header(6, 0)], [])).rejects.toMatchObject(inconsistent)
})

test('none of a node that has none yet', async () => {
  expect(await read([], [])).toEqual([])
})

test('transactions in another order, or twice, are refused, also when the pages never end', async () => {
  await expect(read(three, [[transaction(5, 2), transaction(5, 1)]])).rejects.toMatchObject(inconsistent)
  const page = [transaction(5, 1)]
  const endless: LedgerSource = {
    ...source(three, []),
    transactions: async function* () {
      for (;;) yield page
    },
  }
  await expect(readLedgers(endless, 5n, 10)).rejects.toMatchObject(inconsistent)
})

test('a busy network is read in pieces that fit into memory', async () => {
  const many = Array.from({ length: 6_000 }, (_, i) => transaction(5, i + 1))
  const pages = [many.slice(0, 3_000), many.slice(3_000), [transaction(6, 1)], [transaction(7, 1)]]
  expect((await read([header(5, 6_000), header(6, 1), header(7, 1)], pages)).map(([number]) => number)).toEqual([5, 6])
})
