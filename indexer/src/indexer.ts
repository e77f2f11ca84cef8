import type { IndexerConfig } from './config.ts'
import { IndexerError } from './errors.ts'
import { evmSource } from './evm/source.ts'
import { follow } from './follow.ts'
import { startHealth } from './health.ts'
import { jsonLog, type Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { newStatus } from './status.ts'

export type Indexer = { readonly url: string; readonly stop: () => Promise<void> }

/**
 * Follows every configured chain into Postgres. Throws `chain_id_mismatch` when a node already answers for another chain; a node or a
 * database that does not answer yet is waited for. `stop` finishes what is being written.
 */
export const startIndexer = async (config: IndexerConfig, log: Log = jsonLog): Promise<Indexer> => {
  const stopping = new AbortController()
  const chains = config.chains.map(chain => ({
    config: chain,
    source: evmSource({ ...chain, signal: stopping.signal }),
    status: newStatus(chain.id),
  }))
  await Promise.all(
    chains.map(async ({ config: { id }, source }) => {
      const served = await source.chainId().catch(() => undefined)
      if (served !== undefined && `evm:${served}` !== id) throw new IndexerError('chain_id_mismatch', { configured: id, served })
    }),
  )
  const statuses = chains.map(chain => chain.status)
  const metrics = createMetrics(statuses)
  const health = await startHealth(statuses, metrics.registry, config)
  const following = chains.map(chain => follow({ ...chain, databaseUrl: config.databaseUrl, metrics, log }, stopping.signal))
  log('info', 'following', { url: health.url, chains: statuses.map(status => status.chain) })
  return {
    url: health.url,
    stop: async () => {
      stopping.abort()
      await Promise.all(following)
      await health.stop()
    },
  }
}
