import type { ChainConfig, EvmChainConfig, IndexerConfig, StellarChainConfig } from './config.ts'
import { IndexerError } from './errors.ts'
import { jsonRpc } from './evm/json-rpc.ts'
import { evmNode } from './evm/node.ts'
import { quorumSource } from './evm/quorum.ts'
import { follow } from './follow.ts'
import { startHealth } from './health.ts'
import { jsonLog, type Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { type ChainStatus, newStatus } from './status.ts'
import { followStellar } from './stellar/follow.ts'
import { horizonSource } from './stellar/horizon-source.ts'
import { rpcSource } from './stellar/rpc-source.ts'
import type { LedgerSource } from './stellar/source.ts'
import type { Followed } from './turns.ts'

export type Indexer = { readonly url: string; readonly stop: () => Promise<void> }

/**
 * Follows every configured chain into Postgres. Throws `chain_id_mismatch` when an EVM node already answers for another chain; a node or a
 * database that does not answer yet is waited for. `stop` finishes what is being written.
 */
export const startIndexer = async (config: IndexerConfig, log: Log = jsonLog): Promise<Indexer> => {
  const stopping = new AbortController()
  const chains = config.chains.map(chain => followerOf(chain, stopping.signal))
  await Promise.all(chains.map(chain => chain.check()))
  const statuses = chains.map(chain => chain.status)
  const metrics = createMetrics(statuses)
  const health = await startHealth(statuses, metrics.registry, config)
  const following = chains.map(chain => chain.follow({ databaseUrl: config.databaseUrl, metrics, log }))
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

type Follower = {
  readonly status: ChainStatus
  /** Throws when it is plain already that this chain can never be followed. */
  readonly check: () => Promise<void>
  readonly follow: (house: Omit<Followed, 'status'>) => Promise<void>
}

const followerOf = (config: ChainConfig, signal: AbortSignal): Follower => {
  const status = newStatus(config.id)
  if (config.kind === 'stellar') {
    const source = sourceOf(config, signal)
    // Whether another network is a mistake or a reset, only the tables tell.
    return { status, check: async () => {}, follow: house => followStellar({ config, source, status, ...house }, signal) }
  }
  return evmFollower(config, status, signal)
}

const evmFollower = (config: EvmChainConfig, status: ChainStatus, signal: AbortSignal): Follower => {
  const { rpcUrls, rpcTimeoutMs: timeoutMs, rpcBatchSize: batchSize, concurrency: connections, quorum } = config
  const requestsPerSecond = config.rpcRequestsPerSecond
  const nodes = rpcUrls.map(url =>
    evmNode(jsonRpc({ url, timeoutMs, batchSize, connections, requestsPerSecond, signal }), config.escrow),
  )
  const chainId = Number(config.id.slice('evm:'.length))
  return {
    status,
    check: async () => {
      const served = await Promise.all(nodes.map(node => node.identity().catch(() => undefined)))
      const stranger = served.find(identity => identity !== undefined && identity.chainId !== chainId)
      if (stranger) throw new IndexerError('chain_id_mismatch', { configured: config.id, served: stranger.chainId })
    },
    follow: house => {
      const source = quorumSource(nodes, {
        chainId,
        quorum,
        onDisagreement: disagreement => {
          house.metrics.disagreements.inc({ chain: config.id })
          house.log('error', 'a node contradicts the others and is left out', { chain: config.id, ...disagreement })
        },
      })
      status.endpoints = source.endpoints
      return follow({ config, source, status, ...house }, signal)
    },
  }
}

const sourceOf = ({ rpcUrl, horizonUrl, requestTimeoutMs: timeoutMs }: StellarChainConfig, signal: AbortSignal): LedgerSource => {
  if (rpcUrl !== undefined) return rpcSource({ rpcUrl, timeoutMs, signal })
  if (horizonUrl !== undefined) return horizonSource({ horizonUrl, timeoutMs, signal })
  throw new IndexerError('config_invalid', { reason: 'neither horizonUrl nor rpcUrl' })
}
