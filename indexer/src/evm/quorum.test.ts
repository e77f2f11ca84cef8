import { pad, toHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BlockRef } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import type { Hash } from '../observation.ts'
import type { Header } from './header.ts'
import type { ChainLog } from './log.ts'
import type { EvmNode } from './node.ts'
import { type Disagreement, quorumSource } from './quorum.ts'

const name = (fork: string, number: number): Hash => pad(toHex(`${fork}${number}`), { size: 32 })
const header = (number: number, fork = 'a', parent = fork): Header => ({
  number: BigInt(number),
  hash: name(fork, number),
  parentHash: name(parent, number - 1),
  time: BigInt(number),
  logsBloom: undefined,
})
const log = (block: BlockRef, data: Hash = '0x01'): ChainLog => ({
  ...{ blockHash: block.hash, blockNumber: block.number, txHash: name('t', 1), logIndex: 0, topics: [], data },
})
const silent = () => Promise.reject(new IndexerError('rpc_silent'))

/** A node of this branch up to a height, whose every answer can be replaced. */
const node = (host: string, height: number, fork = 'a', over: Partial<EvmNode> = {}): EvmNode => {
  // Below block 100 all forks are one chain.
  const at = (number: number) => header(number, number < 100 ? 'a' : fork, number <= 100 ? 'a' : fork)
  return {
    rpc: {
      name: host,
      ask: () => expect.unreachable(),
      counts: { requests: 0, failures: 0, latencyMs: undefined },
      limitedUntilMs: () => 0,
    },
    identity: async () => ({ chainId: 1, genesisHash: name('a', 0) }),
    latest: async () => at(height),
    tags: async () => ({ safe: at(height - 1), finalized: at(height - 2) }),
    byHash: async hash => (hash === at(height).hash ? at(height) : undefined),
    headers: async (from, to) =>
      Array.from({ length: Math.max(0, Math.min(Number(to), height) - Number(from) + 1) }, (_, i) => at(Number(from) + i)),
    logsOf: async blocks => blocks.map(block => log(block)),
    logsBetween: async (from, to) => Array.from({ length: Number(to - from) + 1 }, (_, i) => log(at(Number(from) + i))),
    receiptLogs: async block => [log(block)],
    totalLocked: async () => 7n,
    hasCode: async () => false,
    ...over,
  }
}

let told: Disagreement[]
beforeEach(() => {
  told = []
})
const source = (nodes: EvmNode[], quorum = 2) =>
  quorumSource(nodes, { chainId: 1, quorum, onDisagreement: disagreement => told.push(disagreement) })
const standings = (of: ReturnType<typeof source>) => of.endpoints().map(({ name, standing }) => `${name} ${standing}`)
const noQuorum = expect.objectContaining({ code: 'no_quorum' })

describe('the head', () => {
  test('all agree', async () => {
    const of = source([node('x', 105), node('y', 105), node('z', 105)])
    const { latest, tags } = await of.head()
    expect([latest.hash, tags.finalized?.number]).toEqual([name('a', 105), 103n])
    expect(standings(of)).toEqual(['x good', 'y good', 'z good'])
  })

  test('a node that lags lowers nothing and is no reorg', async () => {
    const of = source([node('x', 105), node('y', 90), node('z', 105)])
    expect((await of.head()).latest.hash).toBe(name('a', 105))
    expect(standings(of)).toEqual(['x good', 'y lagging', 'z good'])
    expect(told).toEqual([])
  })

  test('one ahead of the others is not believed alone', async () => {
    const of = source([node('x', 107), node('y', 105), node('z', 104)])
    expect((await of.head()).latest.number).toBe(105n)
  })

  test('a forked minority is dropped and told of once', async () => {
    const of = source([node('x', 105, 'b'), node('y', 105), node('z', 105)])
    expect((await of.head()).latest.hash).toBe(name('a', 105))
    await of.head()
    expect(standings(of)).toEqual(['x forked', 'y good', 'z good'])
    expect(told).toEqual([{ endpoint: 'x', what: 'head', height: 105n }])
  })

  test('two that agree on an older block, while the others fork above, still speak', async () => {
    const of = source([node('x', 101, 'b'), node('y', 101, 'c'), node('z', 99)])
    expect((await of.head()).latest.hash).toBe(name('a', 99))
  })

  test('half against half is nothing', async () => {
    const of = source([node('x', 105, 'b'), node('y', 105)])
    await expect(of.head()).rejects.toEqual(noQuorum)
  })

  test('never fewer than the quorum', async () => {
    const of = source([node('x', 105), node('y', 105, 'a', { latest: silent })])
    await expect(of.head()).rejects.toEqual(noQuorum)
    expect(of.endpoints()[1]?.standing).toBe('silent')
  })

  test('what a node said before it fell silent is no vote', async () => {
    let answers = true
    const flaky = node('y', 105, 'a', { latest: () => (answers ? Promise.resolve(header(105)) : silent()) })
    const of = source([node('x', 105), flaky])
    await of.head()
    answers = false
    await expect(of.head()).rejects.toEqual(noQuorum)
  })

  test('the same hash over another bloom is another block', async () => {
    const dressed = { ...header(105), logsBloom: `0x${'0'.repeat(512)}` as Hash }
    const of = source([node('x', 105, 'a', { latest: async () => dressed }), node('y', 105), node('z', 105)])
    expect((await of.head()).latest.logsBloom).toBeUndefined()
    expect(standings(of)[0]).toBe('x forked')
  })

  test('as final as the quorum says, not as one says', async () => {
    const hasty = node('x', 105, 'a', { tags: async () => ({ safe: header(105), finalized: header(105) }) })
    const { tags } = await source([hasty, node('y', 105), node('z', 105)]).head()
    expect([tags.safe?.number, tags.finalized?.number]).toEqual([104n, 103n])
  })

  test('nodes without meaning in their tags do not vouch for one that lies about them', async () => {
    const head = async () => ({ safe: header(105), finalized: header(105) })
    const liar = node('x', 105, 'a', { tags: async () => ({ safe: header(105), finalized: header(104) }) })
    const { tags } = await source([liar, node('y', 105, 'a', { tags: head }), node('z', 105, 'a', { tags: head })]).head()
    expect(tags.finalized).toBeUndefined()
  })

  test('a node that hangs holds up nobody', async () => {
    const of = source([node('x', 105, 'a', { latest: () => new Promise(() => {}) }), node('y', 105), node('z', 105)])
    expect((await of.head()).latest.number).toBe(105n)
    expect((await of.head()).latest.number).toBe(105n)
  })
})

describe('which chain', () => {
  test('a node of another chain, or of another beginning, is dropped', async () => {
    const other = node('x', 105, 'a', { identity: async () => ({ chainId: 5, genesisHash: name('a', 0) }) })
    const reborn = node('y', 105, 'a', { identity: async () => ({ chainId: 1, genesisHash: name('b', 0) }) })
    const of = source([other, reborn, node('v', 105), node('w', 105)])
    expect(await of.identity()).toEqual({ genesisHash: name('a', 0) })
    expect(standings(of).slice(0, 2)).toEqual(['x foreign', 'y foreign'])
    expect(told.map(({ what }) => what)).toEqual(['chain_id', 'genesis'])
  })

  describe('of a node that is set right', () => {
    // `Date` alone: what waits for others goes by real timers.
    beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
    afterEach(() => void vi.useRealTimers())

    const changing = () => {
      const served = { chainId: 1, genesisHash: name('b', 0), asked: 0 }
      const identity = async () => {
        served.asked += 1
        return { chainId: served.chainId, genesisHash: served.genesisHash }
      }
      return { served, node: node('y', 105, 'a', { identity }) }
    }

    test('the voice counts again, after a rest', async () => {
      const { served, node: repaired } = changing()
      const of = source([node('x', 105), node('z', 105), repaired])
      await of.identity()
      served.genesisHash = name('a', 0)
      for (let i = 0; i < 3; i++) await of.head()
      expect([standings(of)[2], served.asked]).toEqual(['y foreign', 1])
      vi.setSystemTime(Date.now() + 61_000)
      await of.head()
      expect([standings(of)[2], served.asked]).toEqual(['y good', 2])
    })

    test('and of one that is not, it does not: it is asked once a rest, and told of once', async () => {
      const { served, node: other } = changing()
      const of = source([node('x', 105), node('z', 105), other])
      await of.identity()
      for (let i = 0; i < 3; i++) {
        vi.setSystemTime(Date.now() + 61_000)
        await of.head()
        await of.head()
      }
      expect([standings(of)[2], served.asked, told.length]).toEqual(['y foreign', 4, 1])
    })

    test('it makes the quorum whole that could not agree on the beginning', async () => {
      const { served, node: repaired } = changing()
      const of = source([node('x', 105), repaired])
      await expect(of.identity()).rejects.toEqual(noQuorum)
      served.genesisHash = name('a', 0)
      expect(await of.identity()).toEqual({ genesisHash: name('a', 0) })
      expect((await of.head()).latest.number).toBe(105n)
    })
  })

  test('too few left is a mismatch', async () => {
    const other = node('x', 105, 'a', { identity: async () => ({ chainId: 5, genesisHash: name('a', 0) }) })
    await expect(source([other, node('y', 105)]).identity()).rejects.toMatchObject({ code: 'chain_id_mismatch' })
  })
})

describe('logs', () => {
  const blocks = [header(104), header(105)]
  const logsOf = (data: Hash) => async (wanted: readonly BlockRef[]) => wanted.map(block => log(block, data))
  const ready = async (nodes: EvmNode[], quorum = 2) => {
    const of = source(nodes, quorum)
    await of.identity()
    await of.head()
    return of
  }

  test('a node that leaves out, or invents, is outvoted, told of and left out', async () => {
    for (const lie of [async () => [], logsOf('0x02')]) {
      told = []
      const of = await ready([node('x', 105, 'a', { logsOf: lie }), node('y', 105), node('z', 105)])
      expect(await of.logsOf(blocks)).toEqual(blocks.map(block => log(block)))
      expect(told).toEqual([{ endpoint: 'x', what: 'logs', height: 105n }])
      expect(standings(of)[0]).toBe('x lying')
    }
  })

  test('where two differ and a third is silent there is no answer', async () => {
    const of = await ready([
      node('x', 105, 'a', { logsOf: async () => [] }),
      node('y', 105),
      node('z', 105, 'a', { logsOf: silent }),
    ])
    await expect(of.logsOf(blocks)).rejects.toEqual(noQuorum)
  })

  test('one that was caught is asked again when there are too few without it', async () => {
    let lies = true
    const reformed = node('x', 105, 'a', { logsOf: async wanted => (lies ? [] : wanted.map(block => log(block))) })
    let alive = true
    const mortal = node('z', 105, 'a', { latest: () => (alive ? Promise.resolve(header(105)) : silent()) })
    const of = await ready([reformed, node('y', 105), mortal])
    await of.logsOf(blocks)
    lies = false
    alive = false
    expect((await of.head()).latest.number).toBe(105n)
    expect(await of.logsOf(blocks)).toHaveLength(2)
  })

  test('where one is enough the next is asked when it is silent', async () => {
    const of = await ready([node('x', 105, 'a', { logsOf: silent }), node('y', 105)], 1)
    expect(await of.logsOf(blocks)).toHaveLength(2)
  })

  test('a block in doubt is read out of receipts, and the index that lost it is told of', async () => {
    const of = await ready([node('x', 105), node('y', 105, 'a', { logsOf: async () => [] })], 1)
    expect(await of.certainLogsOf(blocks[1]!)).toEqual([log(blocks[1]!)])
    expect(told).toEqual([{ endpoint: 'y', what: 'logs', height: 105n }])
  })

  test('the second reading goes to a node that did not give the first', async () => {
    const of = await ready([node('x', 105), node('y', 105), node('z', 105)])
    await of.logsBetween(90n, 95n)
    expect((await of.readAgain(90n, 95n)).endpoint).toBe('z')
  })

  test('and waits for one, unless there is none or several agreed before', async () => {
    const gone = node('y', 105, 'a', { logsBetween: silent })
    const two = await ready([node('x', 105), gone], 1)
    await two.logsBetween(90n, 95n)
    await expect(two.readAgain(90n, 95n)).rejects.toEqual(noQuorum)
    const one = await ready([node('x', 105)], 1)
    await one.logsBetween(90n, 95n)
    expect((await one.readAgain(90n, 95n)).endpoint).toBe('x')
  })

  test('a state that a node has not is no vote and no lie', async () => {
    const pruned = () => node('x', 105, 'a', { totalLocked: async () => undefined })
    const of = await ready([pruned(), node('y', 105), node('z', 105)])
    expect(await of.totalLocked('0xT', blocks[1]!)).toBe(7n)
    expect(await (await ready([pruned(), pruned()])).totalLocked('0xT', blocks[1]!)).toBeUndefined()
    expect(told).toEqual([])
  })
})
