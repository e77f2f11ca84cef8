import type { Timing } from '../../timing.ts'
import type { CheckpointName } from './checkpoint.ts'
import type { SenderConfig } from './config.ts'
import type { Fees } from './fees.ts'
import type { Lanes } from './lanes.ts'
import type { Notice } from './notice.ts'
import type { Rpc } from './rpc.ts'
import type { EvmTx, NewVersion, TxStore } from './tx-store.ts'

/** What submitting, finding and tending share. */
export type EvmContext = {
  readonly settings: Pick<SenderConfig, 'fees' | 'stuckAfterMs' | 'finalityDepth' | 'leaseMs'>
  readonly rpc: Rpc
  readonly store: TxStore
  readonly lanes: Lanes
  /** Signs the next version of a transaction with its sender's key. */
  readonly sign: (tx: EvmTx, fees: Fees, head: bigint) => Promise<NewVersion>
  /** Throws unless the node serves the configured chain. */
  readonly verifyChain: () => Promise<void>
  readonly timing: Pick<Timing, 'nowMs' | 'soon'>
  readonly notify: (notice: Notice) => void
  readonly checkpoint: (name: CheckpointName) => Promise<void>
}
