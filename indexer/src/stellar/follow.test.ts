import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { type Expected, liveOn } from '../../support/stellar-life.ts'
import { type StellarWorld, startStellarWorld, stellarConfig } from '../../support/stellar-world.ts'
import { openTables, type Tables } from '../../support/tables.ts'
import { until } from '../../support/until.ts'
import type { StellarChainConfig } from '../config.ts'
import { type Indexer, startIndexer } from '../indexer.ts'

let world: StellarWorld
let expected: Expected[]
let database: Awaited<ReturnType<typeof freshDatabase>>
let tables: Tables
let indexers: Indexer[] = []

beforeAll(async () => {
  world = await startStellarWorld()
  expected = liveOn(world)
})
afterAll(() => world?.stop())

const open = async () => {
  database = await freshDatabase()
  tables = openTables(database.url)
}
const stopIndexers = async () => {
  await Promise.all(indexers.map(indexer => indexer.stop()))
  indexers = []
}
const close = async () => {
  await stopIndexers()
  await tables.close()
  await database.drop()
}
beforeEach(open)
afterEach(close)

const viaHorizon = () => ({ horizonUrl: world.url })
const viaRpc = () => ({ rpcUrl: world.rpcUrl })

const start = async (over: Partial<StellarChainConfig> = viaHorizon()) => {
  const config = { databaseUrl: database.url, host: '127.0.0.1', port: 0, chains: [stellarConfig(over)] }
  const indexer = await startIndexer(config, () => {})
  indexers.push(indexer)
  return indexer
}
const caughtUp = () => until('the cursor is at the tip', tables.cursorHash, hash => hash === `0x${world.tip().hash}`)
const sorted = (rows: readonly Expected[]) => [...rows].sort((a, b) => (a[2] < b[2] ? -1 : 1))

describe('a life of holds, deliveries and deposits', () => {
  const readBy = async (source: Partial<StellarChainConfig>) => {
    await start(source)
    await caughtUp()
    const [inbox, digest] = [await tables.inbox(), await tables.digest()]
    const anomalies = await tables.all('select ordinal, reason from chain_anomalies')
    await close()
    await open()
    return {
      facts: inbox.map(({ subject, kind, fact }): Expected => [subject, kind as Expected[1], fact]),
      digest,
      anomalies,
      inbox,
    }
  }

  test('is in the inbox, whole and nothing else, and the same whichever way it was read', async () => {
    const horizon = await readBy(viaHorizon())
    expect(sorted(horizon.facts)).toEqual(sorted(expected))
    expect(horizon.anomalies).toEqual([{ ordinal: 0, reason: 'memo_unprintable' }])
    expect(horizon.inbox.every(({ revision, source }) => revision === 1 && source === 'stellar:local')).toBe(true)
    const rpc = await readBy({ ...viaRpc(), batchSize: 7 })
    expect(rpc.digest).toEqual(horizon.digest)
    const oneByOne = await readBy({ ...viaHorizon(), batchSize: 1 })
    expect(oneByOne.digest).toEqual(horizon.digest)
  })

  test('ends final: the cursor is the safe and the finalized ledger', async () => {
    await start()
    await caughtUp()
    const { sequence } = world.tip()
    expect(await tables.head()).toMatchObject({
      ...{ cursor_height: String(sequence), safe_height: String(sequence), finalized_height: String(sequence) },
      finality_mode: 'closed',
    })
  })
})
