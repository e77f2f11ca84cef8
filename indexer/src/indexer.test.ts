import { createServer } from 'node:http'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { markFork } from '../../scripts/local/reorg.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { type EscrowChain, startEscrowChain } from '../support/escrow-chain.ts'
import { openTables, type Tables } from '../support/tables.ts'
import { until } from '../support/until.ts'
import type { EvmChainConfig, IndexerConfig } from './config.ts'
import { type Indexer, startIndexer } from './indexer.ts'
import { finalFacts } from './queries.ts'

let evm: EscrowChain
let database: Awaited<ReturnType<typeof freshDatabase>>
let tables: Tables
let indexers: Indexer[] = []
const cleanups: (() => void)[] = []
let lines: { level: string; message: string; fields: Record<string, unknown> }[] = []

beforeAll(async () => {
  evm = await startEscrowChain()
})
afterAll(() => evm?.stop())
beforeEach(async () => {
  lines = []
  database = await freshDatabase()
  tables = openTables(database.url)
})
afterEach(async () => {
  await Promise.all(indexers.map(indexer => indexer.stop()))
  indexers = []
  for (const cleanup of cleanups.splice(0)) cleanup()
  await tables.close()
  await database.drop()
})

const config = (over: Partial<EvmChainConfig> = {}): IndexerConfig => ({
  databaseUrl: database.url,
  host: '127.0.0.1',
  port: 0,
  chains: [
    {
      kind: 'evm',
      id: 'evm:31337',
      rpcUrls: [evm.url],
      quorum: 1,
      rpcBatchSize: 100,
      escrow: evm.escrow,
      startBlock: BigInt(evm.startBlock),
      finalityDepth: 6,
      pollMs: 20,
      batchSize: 100,
      concurrency: 4,
      rpcTimeoutMs: 5_000,
      ...over,
    },
  ],
})
const start = async (over: Partial<EvmChainConfig> = {}) => {
  const indexer = await startIndexer(config(over), (level, message, fields = {}) => lines.push({ level, message, fields }))
  indexers.push(indexer)
  return indexer
}
const caughtUp = async () => {
  const { hash } = await evm.tip()
  await until('the cursor is at the tip', tables.cursorHash, cursor => cursor === hash)
}
const factOf = async (sent: { hash: string }) => (await tables.inbox()).find(row => row.fact === `${sent.hash}:0`)
const ready = async ({ url }: Indexer) => {
  const response = await fetch(`${url}/health/ready`)
  return { status: response.status, chain: ((await response.json()) as { chains: Record<string, string>[] }).chains[0]! }
}

describe('events reach the inbox', () => {
  test('lock, release and refund, with who, what and where', async () => {
    await start()
    const [first, second] = [await evm.lock(1_000_000n), await evm.lock(2_500_000n)]
    await evm.mine()
    await evm.release(first)
    await evm.refund(second)
    await evm.mine()
    await caughtUp()
    const mine = (await tables.inbox()).filter(row => [first.terms.ref, second.terms.ref].includes(row.subject as `0x${string}`))
    expect(mine.map(row => row.kind).sort()).toEqual(['escrowLocked', 'escrowLocked', 'escrowRefunded', 'escrowReleased'])
    const locked = await factOf(first)
    const receipt = await evm.client.getTransactionReceipt({ hash: first.hash })
    const log = receipt.logs.find(({ address }) => address === evm.escrow.toLowerCase())!
    expect(locked).toMatchObject({
      source: 'evm:31337',
      subject: first.terms.ref,
      revision: 1,
      payload: {
        ...{ status: 'included', escrowId: log.topics[1], ref: first.terms.ref, token: evm.token, amount: '1000000' },
        ...{ payer: evm.treasury.address, payee: evm.operator.address, txHash: first.hash },
        ...{ blockNumber: String(receipt.blockNumber), blockHash: receipt.blockHash, logIndex: log.logIndex },
      },
    })
    const refund = mine.find(row => row.kind === 'escrowRefunded')!
    expect(refund.payload).toMatchObject({
      payer: evm.treasury.address,
      amount: '2500000',
      sequence: expect.stringMatching(/^\d+$/),
    })
  })

  test('what happened before the start is found, batch by batch, and by range', async () => {
    const sent = []
    for (let i = 0; i < 8; i++) {
      sent.push(await evm.lock(BigInt(i + 1)))
      await evm.mine(5)
    }
    await start({ batchSize: 7 })
    await caughtUp()
    const facts = new Set((await tables.inbox()).map(row => row.fact))
    expect(sent.every(({ hash }) => facts.has(`${hash}:0`))).toBe(true)
    const [{ blocks, linked }] = await tables.all(
      `select count(*)::int as blocks, count(p.hash)::int as linked
         from chain_blocks b left join chain_blocks p on p.chain = b.chain and p.hash = b.parent_hash and p.number = b.number - 1`,
    )
    expect(blocks).toBe(Number(await evm.height()) - evm.startBlock + 2) // and the anchor, whose parent is not ours
    expect(linked).toBe(blocks - 1)
  })

  test('someone who listens is woken', async () => {
    const listener = new pg.Client({ connectionString: database.url })
    await listener.connect()
    let woken = 0
    listener.on('notification', () => woken++)
    await listener.query('listen causeway_inbox')
    await start()
    await evm.lock(1n)
    await evm.mine()
    await caughtUp()
    await until(
      'a notification',
      () => woken,
      count => count > 0,
    )
    await listener.end()
  })
})

describe('reorgs', () => {
  for (const depth of [1, 2, 3, 4, 5])
    test(`of depth ${depth}: orphaned, and back as a higher revision of the same fact`, async () => {
      await start()
      await evm.mine(2)
      const fork = await markFork(evm.url)
      const locks = []
      for (let i = 0; i < depth; i++) {
        locks.push(await evm.lock(BigInt(i + 1)))
        await evm.mine()
      }
      await caughtUp()
      expect((await factOf(locks[0]!))?.payload.status).toBe('included')
      await fork.reorg()
      await caughtUp()
      for (const lock of locks) expect(await factOf(lock)).toMatchObject({ revision: 2, payload: { status: 'orphaned' } })
      for (const lock of locks) await evm.again(lock)
      await evm.mine()
      await caughtUp()
      const { hash, number } = await evm.tip()
      for (const lock of locks)
        expect(await factOf(lock)).toMatchObject({
          revision: 3,
          payload: { status: 'included', blockHash: hash, blockNumber: String(number) },
        })
      expect(await tables.all('select count(*)::int from chain_blocks where not canonical')).toEqual([{ count: depth }])
      expect(await tables.all('select count(*)::int from chain_events where not canonical')).toEqual([{ count: depth }])
    })

  test('a shorter branch wins too, and a tip that only went back is a lagging node', async () => {
    await start()
    await evm.mine(2)
    const fork = await markFork(evm.url)
    const lock = await evm.lock(1n)
    await evm.mine(4)
    await caughtUp()
    await fork.reorg({ blocks: 1 })
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ payload: { status: 'orphaned' } })
    const before = await tables.digest()
    const id = await evm.client.snapshot()
    await evm.mine(2)
    await caughtUp()
    await evm.client.revert({ id })
    const height = await evm.height()
    const indexer = indexers[0]!
    await until(
      'the indexer saw the lower head',
      async () => (await ready(indexer)).chain,
      chain => chain.node_height === String(height),
    )
    expect(await tables.cursor()).toBe(height + 2n)
    expect((await tables.digest()).sha256).not.toBe(before.sha256) // the control: the two blocks were written
    await evm.mine(3) // of an equal branch or another one: either way the indexer ends at the tip
    await caughtUp()
  })

  test('below finality: halted, both branches kept, not ready, nothing final', async () => {
    const indexer = await start({ finalityDepth: 2 })
    await evm.mine(2)
    const fork = await markFork(evm.url)
    const lock = await evm.lock(1n)
    await evm.mine(5)
    await caughtUp()
    await tables.all(`update inbox set consumed = revision`)
    await tables.all(`insert into finality_waits values ('tr_1', 'lock', 'evm:31337', 'finalized', $1, $2)`, [
      fork.height + 1,
      `${lock.hash}:0`,
    ])
    await until(
      'final',
      () => finalFacts(tables.pool, 10),
      facts => facts.length === 1,
    )
    await fork.reorg()
    const { chain } = await until(
      'halted',
      () => ready(indexer),
      ({ status }) => status === 503,
    )
    expect(chain.state).toBe('halted')
    expect((await tables.head()).halted_reason).toMatch(/^reorg_below_finality/)
    expect(await finalFacts(tables.pool, 10)).toEqual([])
    expect(await factOf(lock)).toMatchObject({ revision: 1, payload: { status: 'included' } })
    // How far the rival branch had come when it was seen is a matter of chance.
    const bothOf = `select distinct canonical from chain_blocks where number in (select number from chain_blocks where not canonical)
                     order by canonical`
    expect(await tables.all(bothOf)).toEqual([{ canonical: false }, { canonical: true }])
    expect((await fetch(`${indexer.url}/health/live`)).status).toBe(200)
    expect(await (await fetch(`${indexer.url}/metrics`)).text()).toContain('causeway_indexer_halted{chain="evm:31337"} 1')
    // A restart does not forget it.
    await indexer.stop()
    indexers = []
    const before = await tables.digest()
    const again = await start({ finalityDepth: 2 })
    await until(
      'halted again',
      () => ready(again),
      ({ chain }) => chain.state === 'halted',
    )
    await evm.mine()
    expect(await tables.digest()).toEqual(before)
  })

  test('while the indexer was down: rolled back at the start', async () => {
    const indexer = await start()
    const fork = await markFork(evm.url)
    const lock = await evm.lock(1n)
    await evm.mine(3)
    await caughtUp()
    await indexer.stop()
    indexers = []
    await fork.reorg({ blocks: 1 })
    await start()
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ revision: 2, payload: { status: 'orphaned' } })
  })

  test('another chain under the same id while the indexer was down: refused, by its first block', async () => {
    const indexer = await start({ finalityDepth: 2 })
    await evm.mine(6)
    await caughtUp()
    await indexer.stop()
    indexers = []
    const other = await startEscrowChain()
    try {
      const again = await start({ finalityDepth: 2, rpcUrls: [other.url] })
      const { chain } = await until(
        'refused',
        () => ready(again),
        ({ chain }) => chain.state === 'refused',
      )
      expect(chain.reason).toBe('genesis_mismatch')
    } finally {
      await other.stop()
    }
  })
})

describe('finality', () => {
  test('by depth on a node whose tags are its head; a lock is final exactly so many blocks later', async () => {
    await start({ finalityDepth: 3 })
    const lock = await evm.lock(5n)
    await evm.mine()
    const included = await evm.height()
    await caughtUp()
    await until('the mode is known', tables.head, head => head.finality_mode === 'depth')
    await tables.all('update inbox set consumed = revision')
    await tables.all(`insert into finality_waits values ('tr_1', 'lock', 'evm:31337', 'finalized', $1, $2)`, [
      included,
      `${lock.hash}:0`,
    ])
    for (let confirmations = 1n; confirmations <= 3n; confirmations++) {
      await evm.mine()
      await until('the cursor', tables.cursor, cursor => cursor === included + confirmations)
      expect(BigInt((await tables.head()).finalized_height)).toBe(included + confirmations - 3n)
      if (confirmations < 3n) expect(await finalFacts(tables.pool, 10)).toEqual([])
      else
        await until(
          'final, once it was read again',
          () => finalFacts(tables.pool, 10),
          facts => facts.length === 1,
        )
    }
  })
})

/** The node behind a line that is dead until it is told to answer. */
const startProxy = async () => {
  let answering = false
  const proxy = createServer(async (request, response) => {
    if (!answering) return void response.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const answer = await fetch(evm.url, {
      method: 'POST',
      body: Buffer.concat(chunks),
      headers: { 'content-type': 'application/json' },
    })
    response.setHeader('content-type', 'application/json').end(await answer.text())
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  const { port } = proxy.address() as { port: number }
  const answer = (on: boolean) => {
    answering = on
  }
  return { url: `http://127.0.0.1:${port}`, answer }
}

describe('starting and standing by', () => {
  test('a node of another chain is refused', async () => {
    await expect(start({ id: 'evm:1' })).rejects.toMatchObject({ code: 'chain_id_mismatch' })
    expect(await tables.head()).toBeUndefined()
  })

  test('tables of another escrow are refused', async () => {
    const indexer = await start()
    await caughtUp()
    await indexer.stop()
    indexers = []
    const again = await start({ escrow: evm.token })
    const { chain, status } = await until(
      'refused',
      () => ready(again),
      ({ chain }) => chain.state === 'refused',
    )
    expect([chain.reason, status]).toEqual(['escrow_mismatch', 503])
  })

  test('of two at once one writes; the other takes over', async () => {
    const [one, two] = await Promise.all([start(), start()])
    const states = () => Promise.all([one!, two!].map(async indexer => (await ready(indexer)).chain.state))
    const seen = await until('one writer, one standby', states, ([a, b]) => [a, b].sort().join() === 'following,standby')
    const [writer, standby] = seen[0] === 'following' ? [one!, two!] : [two!, one!]
    await evm.lock(1n)
    await evm.mine(3)
    await caughtUp()
    expect(seen).toEqual(await states())
    await writer.stop()
    indexers = [standby]
    await evm.lock(2n)
    await evm.mine()
    await caughtUp()
    await until(
      'it says so',
      () => ready(standby),
      ({ chain }) => chain.state === 'following',
    )
    expect((await tables.inbox()).every(row => row.revision === 1)).toBe(true)
  })

  test('a node that is silent at first, and again later, is waited for', async () => {
    const proxy = await startProxy()
    const indexer = await start({ rpcUrls: [proxy.url] })
    await until(
      'retrying',
      () => ready(indexer),
      ({ status, chain }) => status === 503 && chain.state === 'retrying',
    )
    proxy.answer(true)
    await caughtUp()
    proxy.answer(false)
    await until(
      'retrying',
      () => ready(indexer),
      ({ status }) => status === 503,
    )
    const lock = await evm.lock(1n)
    await evm.mine()
    proxy.answer(true)
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ revision: 1 })
  })

  test('a node that turns out to serve another chain when it speaks at last is refused', async () => {
    const proxy = await startProxy()
    const indexer = await start({ id: 'evm:1', rpcUrls: [proxy.url] })
    proxy.answer(true)
    const { chain } = await until(
      'refused',
      () => ready(indexer),
      ({ chain }) => chain.state === 'refused',
    )
    expect(chain.reason).toBe('chain_id_mismatch')
    expect(await tables.head()).toBeUndefined()
  })

  test('a lost database connection is made again, and the lock with it', async () => {
    await start()
    await caughtUp()
    const [{ killed }] = await tables.all(
      `select count(pg_terminate_backend(pid))::int as killed from pg_stat_activity where application_name = 'causeway-indexer evm:31337'
          and datname = current_database()`,
    )
    expect(killed).toBe(1)
    const lock = await evm.lock(1n)
    await evm.mine()
    await caughtUp()
    expect(await factOf(lock)).toMatchObject({ revision: 1 })
    expect(lines.some(line => line.level === 'warn')).toBe(true)
  })
})
