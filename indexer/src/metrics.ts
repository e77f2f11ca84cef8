import { Counter, Gauge, Registry } from '@prometheus-io/client'
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
  gauge('silent', '1 while no new block has come for too long.', status => (status.state === 'silent' ? 1 : 0))
  gauge('writer', '1 while this process writes the chain.', ({ state }) => (state === 'following' || state === 'silent' ? 1 : 0))

  return {
    registry,
    blocks: counter('blocks_total', 'Blocks written.'),
    events: counter('events_total', 'Escrow events written.'),
    reorgs: counter('reorgs_total', 'Reorgs rolled back.'),
    orphanedBlocks: counter('orphaned_blocks_total', 'Blocks orphaned by reorgs.'),
    orphanedEvents: counter('orphaned_events_total', 'Escrow events orphaned by reorgs.'),
    suspectBlocks: counter('suspect_blocks_total', 'Blocks whose bloom admitted a log that did not come at first.'),
    unknownLogs: counter('unknown_logs_total', 'Logs of the escrow that the ABI lacks.'),
    anomalies: counter('anomalies_total', 'Transactions that could not be read, or concern us and fit nothing that we know.'),
    failures: counter('failures_total', 'Reads or writes that failed and were tried again.'),
  }
}
