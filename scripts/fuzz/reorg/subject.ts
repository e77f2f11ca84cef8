import type pg from 'pg'
import type { EvmChainConfig, IndexerConfig } from '../../../indexer/src/config.ts'
import { type Indexer, startIndexer } from '../../../indexer/src/indexer.ts'
import type { Log } from '../../../indexer/src/log.ts'
import type { ForkingChain } from './chain.ts'
import type { Endpoint } from './endpoint.ts'
import type { Settings } from './settings.ts'

export type Subject = {
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** As kill -9 does, as far as anybody outside can tell: its connections break wherever they are, and nothing is said. */
  readonly kill: () => Promise<void>
  /** What its readiness says of the chain. */
  readonly state: () => Promise<{ status: number; state: string }>
  /** The last that its log complained of. */
  readonly complaint: () => string
}

/** The indexer, in process: the real one, with nothing replaced in it. */
export const subjectOf = (
  db: pg.Pool,
  databaseUrl: string,
  chain: ForkingChain,
  endpoints: readonly Endpoint[],
  settings: Settings,
  change: Partial<EvmChainConfig>,
): Subject => {
  const id = `evm:${chain.chainId}` as const
  const config: IndexerConfig = {
    ...{ databaseUrl, host: '127.0.0.1', port: 0 },
    chains: [
      {
        ...{ kind: 'evm', id, rpcUrls: endpoints.map(({ url }) => url), quorum: settings.quorum },
        ...{ escrow: chain.deployment.escrow, startBlock: BigInt(chain.deployment.startBlock) },
        ...{ finalityDepth: settings.finalityDepth, batchSize: settings.batchSize, concurrency: settings.concurrency },
        ...{ rpcBatchSize: settings.rpcBatchSize, pollMs: 5, rpcTimeoutMs: 2_000 },
        ...change,
      },
    ],
  }
  let indexer: Indexer | undefined
  let complaint = 'none'
  const log: Log = (level, message, fields) => {
    if (level === 'info') return
    complaint = `${message} ${JSON.stringify(fields, (_, value) => (typeof value === 'bigint' ? value.toString() : value))}`
  }
  const stop = async () => {
    const running = indexer
    indexer = undefined
    await running?.stop()
  }
  return {
    start: async () => {
      indexer = await startIndexer(config, log)
    },
    stop,
    kill: async () => {
      const stopping = stop()
      await db.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and datname = current_database()',
        [`causeway-indexer ${id}`],
      )
      await stopping
    },
    complaint: () => complaint,
    state: async () => {
      if (indexer === undefined) throw new Error('the indexer is not running')
      const answer = await fetch(`${indexer.url}/health/ready`)
      const { chains } = (await answer.json()) as { chains: { state: string }[] }
      return { status: answer.status, state: chains[0]!.state }
    },
  }
}
