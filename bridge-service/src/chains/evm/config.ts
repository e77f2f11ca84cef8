import type { Hex } from 'viem'
import type { Currency } from '../../money/currency.ts'
import type { Timing } from '../../timing.ts'
import type { ChainId } from '../chain.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { FeePolicy } from './fees.ts'
import type { Notice } from './notice.ts'

export type SenderConfig = {
  /** `evm:<chain id>` (CAIP-2 reference). */
  readonly id: ChainId
  /** Address of the escrow contract. */
  readonly escrow: string
  /** Address of the contract of the deposit addresses, where there is one. */
  readonly depositAddresses?: string
  readonly tokens: Partial<Record<Currency, { readonly address: string }>>
  readonly fees: FeePolicy
  /** Age of the newest signature from which the oldest pending transaction is replaced. */
  readonly stuckAfterMs: number
  /** Blocks on top of a transaction's block from which it is final and no longer watched. */
  readonly finalityDepth: number
  /** How long a lane stays with a worker that no longer answers; longer than a turn of `tend` takes. */
  readonly leaseMs: number
  /** Its wall clock dates signatures and decides what is stuck. */
  readonly timing?: Pick<Timing, 'nowMs' | 'soon'>
  readonly notify?: (notice: Notice) => void
  /** Called between effects; tests freeze or end a worker there. */
  readonly checkpoint?: Checkpoint
}

export type EvmConfig = SenderConfig & {
  readonly rpcUrl: string
  readonly rpcTimeoutMs?: number
  /** Signs locks; its address is the payer of what the treasury locks. */
  readonly treasuryKey: Hex
  /** Signs releases and refunds. */
  readonly operatorKey: Hex
}
