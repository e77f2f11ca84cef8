import { freshDatabase } from '../../test/support/database.ts'
import type { StellarChainConfig } from '../src/config.ts'
import { type Indexer, startIndexer } from '../src/indexer.ts'
import type { Log } from '../src/log.ts'
import { type StellarWorld, stellarConfig } from './stellar-world.ts'
import { openTables } from './tables.ts'
import { until } from './until.ts'

export type StellarIndexer = Awaited<ReturnType<typeof openStellarIndexer>>

/** A database of its own, and indexers that follow a world into it. */
export const openStellarIndexer = async (world: StellarWorld, source: Partial<StellarChainConfig>) => {
  const database = await freshDatabase()
  const tables = openTables(database.url)
  const lines: { level: string; message: string; fields: Record<string, unknown> }[] = []
  const log: Log = (level, message, fields = {}) => lines.push({ level, message, fields })
  let indexers: Indexer[] = []

  const stop = async () => {
    await Promise.all(indexers.map(indexer => indexer.stop()))
    indexers = []
  }
  const health = async ({ url } = indexers[indexers.length - 1]!) => {
    const response = await fetch(`${url}/health/ready`)
    const { chains } = (await response.json()) as { chains: [{ state: string; reason?: string; node_height?: string }] }
    return { status: response.status, ...chains[0] }
  }
  return {
    ...{ database, tables, lines, stop, health },
    start: async (over: Partial<StellarChainConfig> = {}) => {
      const chains = [stellarConfig({ ...source, ...over })]
      const indexer = await startIndexer({ databaseUrl: database.url, host: '127.0.0.1', port: 0, chains }, log)
      indexers.push(indexer)
      return indexer
    },
    caughtUp: () => until('the cursor is at the tip', tables.cursorHash, hash => hash === `0x${world.tip().hash}`),
    state: (wanted: string) =>
      until(
        `the chain is ${wanted}`,
        () => health(),
        ({ state }) => state === wanted,
      ),
    metrics: async () => (await fetch(`${indexers[indexers.length - 1]!.url}/metrics`)).text(),
    stopFirst: () => indexers.shift()!.stop(),
    close: async () => {
      await stop()
      await tables.close()
      await database.drop()
    },
  }
}
