import { spawn, spawnSync } from 'node:child_process'
import { createTestClient, http, publicActions } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deployContracts } from '../../scripts/local/deploy-contracts.ts'
import { freePort } from '../../scripts/local/ports.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { onChain } from '../support/escrow-chain.ts'
import { openTables, type Tables } from '../support/tables.ts'
import { until } from '../support/until.ts'
import { type Indexer, startIndexer } from './indexer.ts'

// Anvil is the only local node whose `finalized` lags; it has no build for every platform.
const hasAnvil = spawnSync('anvil', ['--version']).status === 0
if (!hasAnvil) console.warn('\n!!! anvil is not on the PATH: finality by tags is NOT tested in this run !!!\n')

describe.skipIf(!hasAnvil)('a node with finality tags (anvil, finalized two blocks behind its head)', () => {
  const startAnvil = async () => {
    const port = await freePort()
    const node = spawn('anvil', ['--port', String(port), '--no-mining', '--slots-in-an-epoch', '1', '--silent'], {
      stdio: 'ignore',
    })
    const url = `http://127.0.0.1:${port}`
    const client = createTestClient({ mode: 'anvil', transport: http(url, { retryCount: 0 }) }).extend(publicActions)
    await until(
      'anvil answers',
      () => client.getChainId().catch(() => 0),
      id => id > 0,
    )
    process.once('exit', () => node.kill('SIGKILL'))
    const stop = async () => {
      const gone = new Promise(resolve => node.once('exit', resolve))
      node.kill('SIGKILL')
      await gone
    }
    return { url, client, stop }
  }

  let anvil: Awaited<ReturnType<typeof startAnvil>>
  let chain: ReturnType<typeof onChain>
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let tables: Tables
  let indexer: Indexer

  beforeAll(async () => {
    anvil = await startAnvil()
    const deployment = await deployContracts(anvil.url)
    chain = onChain(anvil.url, deployment)
    database = await freshDatabase()
    tables = openTables(database.url)
    indexer = await startIndexer(
      {
        databaseUrl: database.url,
        host: '127.0.0.1',
        port: 0,
        chains: [
          {
            // The depth says otherwise: it must not be used here.
            ...{
              kind: 'evm',
              id: 'evm:31337',
              rpcUrls: [anvil.url],
              quorum: 1,
              rpcBatchSize: 100,
              escrow: deployment.escrow,
              startBlock: BigInt(deployment.startBlock),
              finalityDepth: 50,
            },
            ...{ pollMs: 20, batchSize: 100, concurrency: 4, rpcTimeoutMs: 5_000 },
          },
        ],
      },
      () => {},
    )
  })
  afterAll(async () => {
    await indexer?.stop()
    await tables?.close()
    await database?.drop()
    await anvil?.stop()
  })

  const caughtUp = async () => {
    const { hash } = await chain.tip()
    await until('the cursor is at the tip', tables.cursorHash, cursor => cursor === hash)
  }
  const reorg = (depth: number) =>
    anvil.client.request<{ Method: 'anvil_reorg'; Parameters: [number, []]; ReturnType: null }>({
      method: 'anvil_reorg',
      params: [depth, []],
    })

  test('what it calls final is final, whatever the depth', async () => {
    await chain.mine(4)
    await caughtUp()
    const height = await chain.height()
    const head = await until('two blocks behind', tables.head, head => BigInt(head.finalized_height) === height - 2n)
    expect(head.finality_mode).toBe('tags')
    expect(BigInt(head.safe_height)).toBe(height - 1n)
  })

  test('a reorg above what is final is rolled back', async () => {
    const lock = await chain.lock(7n)
    await chain.mine()
    await caughtUp()
    await reorg(1)
    await caughtUp()
    const find = async () => (await tables.inbox()).find(row => row.fact === `${lock.hash}:0`)
    expect(await find()).toMatchObject({ revision: 2, payload: { status: 'orphaned' } })
    await chain.again(lock).catch(() => {}) // anvil may have put it back into its pool itself
    await chain.mine()
    await caughtUp()
    expect(await find()).toMatchObject({ revision: 3, payload: { status: 'included' } })
  })

  test('a reorg below it halts the chain', async () => {
    await chain.mine(3)
    await caughtUp()
    const height = await chain.height()
    await until('final', tables.head, head => BigInt(head.finalized_height) === height - 2n)
    await reorg(4)
    const head = await until('halted', tables.head, head => head.halted_reason !== null)
    expect(head.halted_reason).toMatch(/^reorg_below_finality/)
    expect(BigInt(head.cursor_height)).toBe(height)
  })
})
