import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startChild } from '../../scripts/local/child.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { type EscrowChain, startEscrowChain } from '../support/escrow-chain.ts'
import { openTables, type Tables } from '../support/tables.ts'
import { until } from '../support/until.ts'

let evm: EscrowChain
const depth = 3
const children: Child[] = []

beforeAll(async () => {
  evm = await startEscrowChain()
})
afterAll(async () => {
  await Promise.all(children.map(child => child.kill('SIGKILL')))
  await evm?.stop()
})

const startProcess = async (databaseUrl: string, over: Record<string, unknown> = {}) => {
  const child = await startChild({
    name: 'indexer',
    script: 'indexer/src/main.ts',
    env: {
      DATABASE_URL: databaseUrl,
      CAUSEWAY_CHAINS: JSON.stringify([
        {
          ...{
            id: 'evm:31337',
            rpcUrls: [evm.url],
            escrow: evm.escrow,
            startBlock: String(evm.startBlock),
            finalityDepth: depth,
          },
          ...{ pollMs: 20, batchSize: 4, concurrency: 2, somethingOfTheService: true, ...over },
        },
      ]),
    },
    logFile: join(evm.folder, 'indexer.log'),
  })
  children.push(child)
  return child
}

const settled = async (tables: Tables) => {
  const { hash, number } = await evm.tip()
  await until(
    'everything is in the tables',
    tables.head,
    head =>
      head?.cursor_hash === hash &&
      head.finality_mode === 'depth' &&
      BigInt(head.finalized_height) === number - BigInt(depth) &&
      head.verified_height === head.finalized_height,
  )
  return tables.digest()
}

const withDatabase = async <T>(work: (url: string, tables: Tables) => Promise<T>): Promise<T> => {
  const database = await freshDatabase()
  const tables = openTables(database.url)
  try {
    return await work(database.url, tables)
  } finally {
    await tables.close()
    await database.drop()
  }
}

test('killed again and again in the middle of a backfill, it ends with the tables of a clean run', async () => {
  const locks = []
  for (let i = 0; i < 25; i++) {
    locks.push(await evm.lock(BigInt(i + 1)))
    if (i % 3 === 0) await evm.lock(1_000n)
    if (i % 5 === 4) await evm.release(locks[i - 4]!)
    await evm.mine(1 + (i % 9))
  }
  const height = Number(await evm.height())

  const clean = await withDatabase(async (url, tables) => {
    const child = await startProcess(url)
    const digest = await settled(tables)
    await child.stop()
    return digest
  })

  const kills: number[] = []
  const crashed = await withDatabase(async (url, tables) => {
    for (let kill = 0; kill < 4; kill++) {
      const child = await startProcess(url)
      const mark = Number(await tables.cursor()) + randomInt(1, Math.max(2, Math.floor(height / 6)))
      await until('some way into the backfill', tables.cursor, cursor => Number(cursor) >= Math.min(mark, height), 20_000)
      await child.kill('SIGKILL')
      kills.push(Number(await tables.cursor()))
    }
    const child = await startProcess(url)
    const digest = await settled(tables)
    await child.stop()
    return digest
  })
  console.log(`killed with the cursor at ${kills.join(', ')} of ${height}`)
  expect(kills[0]).toBeLessThan(height) // else nothing was interrupted
  expect(crashed).toEqual(clean)
  expect(clean.rows[3]).toBe(25 + 9 + 5)
}, 90_000)

test('stops when it is asked to, and leaves the lock to the next one', () =>
  withDatabase(async (url, tables) => {
    const child = await startProcess(url)
    expect((await fetch(`${child.ready.url}/health/live`)).status).toBe(200)
    await settled(tables)
    await child.stop()
    expect(child.alive()).toBe(false)
    const locks = await tables.all(`select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database
                                     where datname = current_database())`)
    expect(locks).toEqual([])
  }))

test('does not start on a node of another chain', () =>
  withDatabase(async url => {
    await expect(startProcess(url, { id: 'evm:5' })).rejects.toThrow(/chain_id_mismatch/)
  }))
