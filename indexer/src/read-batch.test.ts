import { type Hex, hexToBytes, keccak256, pad, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { BlockRef } from './canonical.ts'
import type { ChainLog, Header, Source } from './evm/source.ts'
import { type ReadOptions, readBatch } from './read-batch.ts'

const escrow = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const name = (fork: string, number: number): Hex => pad(toHex(`${fork}${number}`), { size: 32 })
const emptyBloom = pad('0x0', { size: 256 })
const fullBloom: Hex = `0x${'f'.repeat(512)}`

const header = (fork: string, number: number, more: Partial<Header> = {}): Header => ({
  number: BigInt(number),
  hash: name(fork, number),
  parentHash: name(fork, number - 1),
  time: 0n,
  logsBloom: emptyBloom,
  ...more,
})
const log = (block: BlockRef): ChainLog => ({
  blockHash: block.hash,
  blockNumber: block.number,
  txHash: keccak256(hexToBytes(block.hash)),
  logIndex: 0,
  topics: [name('topic', 0)],
  data: '0x',
})

/** A node that serves these blocks, and counts what it was asked. */
const node = (
  blocks: Header[],
  answers: { logsOf?: (block: BlockRef, asked: number) => ChainLog[]; between?: ChainLog[] } = {},
) => {
  const asked = { logsOf: 0, between: 0 }
  const source: Source = {
    chainId: async () => 1,
    head: () => expect.unreachable(),
    byNumber: async number => blocks.find(block => block.number === number),
    byHash: async hash => blocks.find(block => block.hash === hash),
    logsOf: async block => answers.logsOf?.(block, ++asked.logsOf) ?? [],
    logsBetween: async () => {
      asked.between += 1
      return answers.between ?? []
    },
  }
  return { source, asked }
}
const seen = { suspects: [] as number[], unknown: [] as string[] }
const options = (more: Partial<ReadOptions> = {}): ReadOptions => {
  seen.suspects = []
  seen.unknown = []
  return {
    ...{ escrow, batchSize: 10, concurrency: 3, settledHeight: -1n },
    onUnknownLog: topic => seen.unknown.push(topic),
    onSuspectBlock: (_, found) => seen.suspects.push(found),
    ...more,
  }
}
const branch = [3, 4, 5, 6].map(number => header('a', number))
const hashes = (blocks: readonly BlockRef[]) => blocks.map(block => block.hash)

describe('what comes next', () => {
  test('a gap is read forward, up to the size of a batch', async () => {
    const blocks = [7, 8, 9, 10].map(number => header('a', number))
    const reading = await readBatch(node(blocks).source, branch, blocks[3]!, options({ batchSize: 3 }))
    expect(reading).toMatchObject({ kind: 'extend', ancestor: { number: 6n } })
    expect(reading.kind === 'extend' && hashes(reading.blocks)).toEqual(hashes(blocks.slice(0, 3)))
  })

  test('a node that changes its mind while it is read gives the part that hangs together', async () => {
    const blocks = [header('a', 7), header('a', 8), header('b', 9), header('b', 10)]
    const reading = await readBatch(node(blocks).source, branch, blocks[3]!, options())
    expect(reading.kind === 'extend' && hashes(reading.blocks)).toEqual(hashes(blocks.slice(0, 2)))
  })

  test('a block that is not there yet ends the batch', async () => {
    const blocks = [header('a', 7), header('a', 9)]
    const reading = await readBatch(node(blocks).source, branch, blocks[1]!, options())
    expect(reading.kind === 'extend' && hashes(reading.blocks)).toEqual(hashes(blocks.slice(0, 1)))
  })

  test('a fork is walked down by parent hash to the common ancestor', async () => {
    const rivals = [header('b', 5, { parentHash: name('a', 4) }), header('b', 6), header('b', 7)]
    const reading = await readBatch(node(rivals).source, branch, rivals[2]!, options())
    expect(reading).toMatchObject({ kind: 'extend', ancestor: branch[1] })
    expect(reading.kind === 'extend' && hashes(reading.blocks)).toEqual(hashes(rivals))
  })

  test('a fork behind a gap is found too', async () => {
    const rivals = [header('b', 6, { parentHash: name('a', 5) }), header('b', 7), header('b', 8), header('b', 9)]
    const reading = await readBatch(node(rivals).source, branch, rivals[3]!, options())
    expect(reading).toMatchObject({ kind: 'extend', ancestor: { number: 5n } })
  })

  test('a fork at the final block itself is deep; from its child on it is not', async () => {
    const deep = [3, 4, 5, 6, 7].map(number => header('b', number))
    expect(await readBatch(node(deep).source, branch, deep[4]!, options())).toMatchObject({ kind: 'deep', blocks: deep })
    const shallow = [header('b', 4, { parentHash: name('a', 3) }), ...deep.slice(2)]
    expect(await readBatch(node(shallow).source, branch, deep[4]!, options())).toMatchObject({
      kind: 'extend',
      ancestor: { number: 3n },
    })
  })

  test('a parent that is gone means: ask again later', async () => {
    const orphan = header('b', 6)
    await expect(readBatch(node([orphan]).source, branch, orphan, options())).rejects.toMatchObject({ code: 'node_inconsistent' })
  })

  test('a lagging node is no news', async () => {
    expect(await readBatch(node([]).source, branch, header('a', 5), options())).toEqual({ kind: 'idle' })
  })
})

describe('logs', () => {
  test('by range only where no reorg reaches, by hash above', async () => {
    const blocks = [7, 8, 9, 10].map(number => header('a', number))
    const { source, asked } = node(blocks, { logsOf: block => [log(block)], between: [log(blocks[0]!), log(blocks[1]!)] })
    await readBatch(source, branch, blocks[3]!, options({ settledHeight: 8n }))
    expect(asked).toEqual({ logsOf: 2, between: 1 })
    expect(seen.unknown).toHaveLength(4)
  })

  test('a log of a block that was not read is not taken', async () => {
    const blocks = [7, 8, 9].map(number => header('a', number))
    const { source } = node(blocks, { between: [log(header('b', 8))] })
    await expect(readBatch(source, branch, blocks[2]!, options({ settledHeight: 9n }))).rejects.toMatchObject({
      code: 'node_inconsistent',
    })
  })

  test('a bloom that admits a log that did not come: read once more', async () => {
    const block = header('a', 7, { logsBloom: fullBloom })
    const { source, asked } = node([block], { logsOf: (of, asked) => (asked === 2 ? [log(of)] : []) })
    await readBatch(source, branch, block, options())
    expect([asked.logsOf, seen.suspects, seen.unknown.length]).toEqual([2, [1], 1])
  })

  test('a bloom may be wrong: nothing the second time is nothing', async () => {
    const block = header('a', 7, { logsBloom: fullBloom })
    const { source, asked } = node([block])
    expect(await readBatch(source, branch, block, options())).toMatchObject({ kind: 'extend', events: [] })
    expect([asked.between, seen.suspects]).toEqual([0, [0]])
  })

  test('control: without the bloom nobody asks twice', async () => {
    const { source, asked } = node([header('a', 7)], { logsOf: () => [] })
    await readBatch(source, branch, header('a', 7), options())
    expect([asked.logsOf, seen.suspects]).toEqual([1, []])
  })
})
