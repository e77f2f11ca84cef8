import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Child, startChild } from '../../../scripts/local/child.ts'
import { createWorkspace } from '../../../scripts/local/workspace.ts'
import { freshDatabase } from '../../../test/support/database.ts'
import { liveOn } from '../../support/stellar-life.ts'
import { type StellarWorld, startStellarWorld, stellarConfig } from '../../support/stellar-world.ts'
import { openTables, type Tables } from '../../support/tables.ts'
import { until } from '../../support/until.ts'

let world: StellarWorld
const workspace = createWorkspace()
const children: Child[] = []

beforeAll(async () => {
  world = await startStellarWorld()
  liveOn(world)
})
afterAll(async () => {
  await Promise.all(children.map(child => child.kill('SIGKILL')))
  await world?.stop()
  workspace.remove()
})

const startProcess = async (databaseUrl: string) => {
  const { kind: _, startLedger, ...chain } = stellarConfig({ horizonUrl: world.url, batchSize: 2 })
  const child = await startChild({
    name: 'indexer',
    script: 'indexer/src/main.ts',
    env: {
      DATABASE_URL: databaseUrl,
      CAUSEWAY_CHAINS: JSON.stringify([{ ...chain, startLedger: String(startLedger), somethingOfTheService: true }]),
    },
    logFile: `${workspace.folder}/indexer.log`,
  })
  children.push(child)
  return child
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
const settled = async (tables: Tables) => {
  await until('everything is in the tables', tables.cursorHash, hash => hash === `0x${world.tip().hash}`)
  return tables.digest()
}

test('killed again and again in the middle of a life, it ends with the tables of a clean run', { timeout: 120_000 }, async () => {
  const clean = await withDatabase(async (url, tables) => {
    const child = await startProcess(url)
    const digest = await settled(tables)
    await child.stop()
    expect(child.alive()).toBe(false)
    return digest
  })
  const height = world.tip().sequence
  const kills: number[] = []
  const crashed = await withDatabase(async (url, tables) => {
    for (let kill = 0; kill < 3; kill++) {
      const child = await startProcess(url)
      const mark = Number(await tables.cursor()) + randomInt(1, Math.floor(height / 4))
      await until('some way into the life', tables.cursor, cursor => Number(cursor) >= Math.min(mark, height))
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
})
