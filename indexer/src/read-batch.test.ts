import { type Hex, hexToBytes, keccak256, pad, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { BlockRef } from './canonical.ts'
import { bloomAdmits } from './evm/bloom.ts'
import type { Header } from './evm/header.ts'
import type { ChainLog } from './evm/log.ts'
import type { Source } from './evm/source.ts'
import { readAhead } from './read-ahead.ts'
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
  answers: { logsOf?: (block: BlockRef) => ChainLog[]; certain?: (block: BlockRef) => ChainLog[]; between?: ChainLog[] } = {},
) => {
  const asked = { logsOf: 0, certain: 0, between: [] as bigint[] }
  const source: Source = {
    ...{ identity: never, head: never, readAgain: never, accuse: never, totalLocked: never, hasCode: never, endpoints: never },
    headers: async (from, to) => {
      const found: Header[] = []
      for (let number = from; number <= to; number++) {
        const block = blocks.find(one => one.number === number)
        if (!block) break
        found.push(block)
      }
      return found
    },
    byHash: async hash => blocks.find(block => block.hash === hash),
    logsOf: async wanted => {
      asked.logsOf += wanted.length
      return wanted.flatMap(block => answers.logsOf?.(block) ?? [])
    },
    certainLogsOf: async block => {
      asked.certain += 1
      return answers.certain?.(block) ?? []
    },
    logsBetween: async (from, to) => {
      asked.between.push(from, to)
      return (answers.between ?? []).filter(log => log.blockNumber >= from && log.blockNumber <= to)
    },
  }
  return { source, asked }
}
const never = () => expect.unreachable()
const seen = { suspects: [] as number[], unknown: [] as string[] }
const options = (more: Partial<ReadOptions> = {}): ReadOptions => {
  seen.suspects = []
  seen.unknown = []
  return {
    ...{ bloomAdmits: bloomAdmits(escrow), batchSize: 10, concurrency: 3 },
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
    expect(reading.kind === 'extend' && hashes(reading.batch.blocks)).toEqual(hashes(blocks.slice(0, 3)))
  })

  test('a node that changes its mind while it is read gives the part that hangs together', async () => {
    const blocks = [header('a', 7), header('a', 8), header('b', 9), header('b', 10)]
    const reading = await readBatch(node(blocks).source, branch, blocks[3]!, options())
    expect(reading.kind === 'extend' && hashes(reading.batch.blocks)).toEqual(hashes(blocks.slice(0, 2)))
  })

  test('a block that is not there yet ends the batch', async () => {
    const blocks = [header('a', 7), header('a', 9)]
    const reading = await readBatch(node(blocks).source, branch, blocks[1]!, options())
    expect(reading.kind === 'extend' && hashes(reading.batch.blocks)).toEqual(hashes(blocks.slice(0, 1)))
  })

  test('a fork is walked down by parent hash to the common ancestor', async () => {
    const rivals = [header('b', 5, { parentHash: name('a', 4) }), header('b', 6), header('b', 7)]
    const reading = await readBatch(node(rivals).source, branch, rivals[2]!, options())
    expect(reading).toMatchObject({ kind: 'extend', ancestor: branch[1] })
    expect(reading.kind === 'extend' && hashes(reading.batch.blocks)).toEqual(hashes(rivals))
  })

  test('a fork behind a gap is found too', async () => {
    const rivals = [header('b', 6, { parentHash: name('a', 5) }), header('b', 7), header('b', 8), header('b', 9)]
    const reading = await readBatch(node(rivals).source, branch, rivals[3]!, options())
    expect(reading).toMatchObject({ kind: 'extend', ancestor: { number: 5n } })
  })

  test('a fork at the final block itself is deep; from its child on it is not', async () => {
    const deep = [3, 4, 5, 6, 7].map(number => header('b', number))
    expect(await readBatch(node(deep).source, branch, deep[4]!, options())).toMatchObject({
      kind: 'deep',
      batch: { blocks: deep },
    })
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
  test('by hash where a reorg reaches', async () => {
    const blocks = [7, 8, 9, 10].map(number => header('a', number))
    const { source, asked } = node(blocks, { logsOf: block => [log(block)] })
    await readBatch(source, branch, blocks[3]!, options())
    expect(asked).toEqual({ logsOf: 4, certain: 0, between: [] })
    expect(seen.unknown).toHaveLength(4)
  })

  test('a log of a block that was not read is not taken', async () => {
    const blocks = [7, 8, 9].map(number => header('a', number))
    const { source } = node(blocks, { logsOf: () => [log(header('b', 8))] })
    await expect(readBatch(source, branch, blocks[2]!, options())).rejects.toMatchObject({ code: 'node_inconsistent' })
  })

  test('a bloom that admits a log that did not come: the block is made certain', async () => {
    const block = header('a', 7, { logsBloom: fullBloom })
    const { source, asked } = node([block], { certain: of => [log(of)] })
    await readBatch(source, branch, block, options())
    expect([asked.logsOf, asked.certain, seen.suspects, seen.unknown.length]).toEqual([1, 1, [1], 1])
  })

  test('a bloom may be wrong: nothing for certain is nothing', async () => {
    const block = header('a', 7, { logsBloom: fullBloom })
    const { source } = node([block])
    expect(await readBatch(source, branch, block, options())).toMatchObject({ kind: 'extend', batch: { events: [] } })
    expect(seen.suspects).toEqual([0])
  })

  test('control: without the bloom nobody asks twice', async () => {
    const { source, asked } = node([header('a', 7)], { logsOf: () => [] })
    await readBatch(source, branch, header('a', 7), options())
    expect([asked.logsOf, asked.certain, seen.suspects]).toEqual([1, 0, []])
  })
})

describe('far below finality', () => {
  const read = async (source: Source, to: bigint, more: Partial<ReadOptions> = {}) => {
    const batches = []
    for await (const batch of readAhead(source, 7n, to, options({ batchSize: 3, ...more }))) batches.push(batch)
    return batches
  }
  const blocks = [7, 8, 9, 10, 11, 12, 13, 14].map(number => header('a', number))

  test('by range, in order, each height once, and no farther than it may', async () => {
    const { source, asked } = node(blocks, { between: blocks.map(log) })
    const batches = await read(source, 13n)
    expect(batches.map(batch => hashes(batch.blocks))).toEqual([
      hashes(blocks.slice(0, 3)),
      hashes(blocks.slice(3, 6)),
      hashes(blocks.slice(6, 7)),
    ])
    expect(asked.between).toEqual([7n, 9n, 10n, 12n, 13n, 13n])
    expect(seen.unknown).toHaveLength(7)
  })

  test('a break in the line ends it there, and no log from behind the break is taken', async () => {
    const broken = [...blocks.slice(0, 4), header('b', 11), ...blocks.slice(5)]
    const { source } = node(broken, { between: broken.map(log) })
    const batches = await read(source, 14n)
    expect(batches.flatMap(batch => hashes(batch.blocks))).toEqual(hashes(blocks.slice(0, 4)))
    expect(batches.flatMap(batch => [...batch.logs.values()].flat()).map(({ blockNumber }) => blockNumber)).toEqual([
      7n,
      8n,
      9n,
      10n,
    ])
  })

  test('a block that is not there yet ends it, too', async () => {
    const { source } = node(blocks.slice(0, 5))
    expect((await read(source, 14n)).flatMap(batch => hashes(batch.blocks))).toEqual(hashes(blocks.slice(0, 5)))
  })

  test('logs of other blocks than the headers are refused', async () => {
    const { source } = node(blocks, { between: [log(header('b', 8))] })
    await expect(read(source, 14n)).rejects.toMatchObject({ code: 'node_inconsistent' })
  })

  test('a suspect block is made certain here, too', async () => {
    const hidden = [header('a', 7), header('a', 8, { logsBloom: fullBloom }), header('a', 9)]
    const { source } = node(hidden, { certain: of => [log(of)] })
    const [batch] = await read(source, 9n)
    expect([...batch!.logs.values()].map(logs => logs.length)).toEqual([0, 1, 0])
  })
})
