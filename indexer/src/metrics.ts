import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { Endpoint } from './evm/source.ts'
import type { ChainStatus } from './status.ts'

export type Metrics = ReturnType<typeof createMetrics>

/** A registry of its own per indexer, so that several may live in one process. Heights are read when Prometheus asks. */
export const createMetrics = (statuses: readonly ChainStatus[]) => {
  const registry = new Registry()
  const common = { registers: [registry], labelNames: ['chain'] as const }

  const gauge = (name: string, help: string, read: (status: ChainStatus) => bigint | number | undefined) =>
    new Gauge({
      ...common,
      name: `causeway_indexer_${name}`,
      help,
      collect() {
        for (const status of statuses) {
          const value = read(status)
          if (value !== undefined) this.set({ chain: status.chain }, Number(value))
        }
      },
    })
  const counter = (name: string, help: string) => new Counter({ ...common, name: `causeway_indexer_${name}`, help })

  gauge('node_height', "The node's newest block.", status => status.nodeHeight)
  gauge('head_height', 'The newest block in the tables.', status => status.cursorHeight)
  gauge('finalized_height', 'The newest final block in the tables.', status => status.heights?.finalized)
  gauge('lag_blocks', 'How many blocks the tables are behind the node.', ({ nodeHeight, cursorHeight }) =>
    nodeHeight === undefined || cursorHeight === undefined
      ? undefined
      : nodeHeight > cursorHeight
        ? nodeHeight - cursorHeight
        : 0,
  )
  gauge('halted', '1 while the chain waits for an operator.', status => (status.state === 'halted' ? 1 : 0))
  gauge('verified_height', 'The newest block that a second reading has confirmed.', status => status.verified)
  gauge('alarm', '1 while the events are in doubt and nothing becomes final.', status => (status.alarm === undefined ? 0 : 1))
  gauge('silent', '1 while no new block has come for too long.', status => (status.state === 'silent' ? 1 : 0))
  gauge('writer', '1 while this process writes the chain.', ({ state }) => (state === 'following' || state === 'silent' ? 1 : 0))

  const perEndpoint = (name: string, help: string, read: (endpoint: Endpoint) => number | undefined) =>
    new Gauge({
      registers: [registry],
      labelNames: ['chain', 'endpoint'] as const,
      name: `causeway_indexer_rpc_${name}`,
      help,
      collect() {
        for (const { chain, endpoints } of statuses)
          for (const endpoint of endpoints()) {
            const value = read(endpoint)
            if (value !== undefined) this.set({ chain, endpoint: endpoint.name }, value)
          }
      },
    })
  perEndpoint('good', '1 while the node agrees with the others.', ({ standing }) => (standing === 'good' ? 1 : 0))
  perEndpoint('head_height', 'Its newest block.', ({ headHeight }) => (headHeight === undefined ? undefined : Number(headHeight)))
  perEndpoint('latency_seconds', 'A moving average.', ({ latencyMs }) =>
    latencyMs === undefined ? undefined : latencyMs / 1_000,
  )
  perEndpoint('requests', 'HTTP requests so far.', ({ requests }) => requests)
  perEndpoint('failures', 'HTTP requests that were not answered.', ({ failures }) => failures)
  perEndpoint('disagreements', 'How often the others contradicted it.', ({ disagreements }) => disagreements)

  return {
    registry,
    blocks: counter('blocks_total', 'Blocks written.'),
    events: counter('events_total', 'Escrow events written.'),
    reorgs: counter('reorgs_total', 'Reorgs rolled back.'),
    halts: counter('halts_total', 'Times that the chain was halted.'),
    reorgDepth: new Histogram({
      ...common,
      name: 'causeway_indexer_reorg_depth_blocks',
      help: 'How many of our blocks a reorg has orphaned.',
      buckets: [1, 2, 3, 5, 8, 13, 21, 34, 64, 128],
    }),
    orphanedBlocks: counter('orphaned_blocks_total', 'Blocks orphaned by reorgs.'),
    orphanedEvents: counter('orphaned_events_total', 'Escrow events orphaned by reorgs.'),
    suspectBlocks: counter('suspect_blocks_total', 'Blocks whose bloom admitted a log that did not come at first.'),
    unknownLogs: counter('unknown_logs_total', 'Logs of the escrow that the ABI lacks.'),
    anomalies: counter('anomalies_total', 'Transactions that could not be read, or concern us and fit nothing that we know.'),
    sequenceGaps: counter('sequence_gaps_total', "Times that the contract's numbers showed a missing event."),
    repairedBlocks: counter('repaired_blocks_total', 'Blocks of the tables that a later reading has set right.'),
    disagreements: counter('rpc_disagreements_total', 'Answers of nodes that the others contradicted.'),
    readSeconds: counter('read_seconds_total', 'Time spent waiting for nodes.'),
    writeSeconds: counter('write_seconds_total', 'Time spent committing.'),
    failures: counter('failures_total', 'Reads or writes that failed and were tried again.'),
  }
}
