import type { Hex } from 'viem'
import type { EvmTx, KeptRefusal } from '../../../../bridge-service/src/chains/evm/tx-store.ts'

export type LaneRow = {
  readonly chain: string
  readonly sender: Hex
  readonly nextNonce: number
  readonly owner: string | undefined
  readonly epoch: number
  readonly untilMs: number
}

/** What the senders of EVM chains keep, as the migrations have it: rows are replaced, never changed. */
export type EvmTables = {
  /** By chain and sender. */
  readonly nonce_lanes: Map<string, LaneRow>
  /** By intent, in the order in which they came. */
  readonly evm_txs: Map<string, { readonly chain: string; readonly tx: EvmTx }>
  readonly evm_refusals: Map<string, KeptRefusal>
  /** Of every version, by its hash. */
  readonly raws: Map<Hex, Hex>
}

export const emptyEvmTables = (): EvmTables => ({
  nonce_lanes: new Map(),
  evm_txs: new Map(),
  evm_refusals: new Map(),
  raws: new Map(),
})

export const laneOf = (chain: string, sender: Hex): string => `${chain} ${sender}`
