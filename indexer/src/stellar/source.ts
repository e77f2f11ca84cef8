import type { Header } from './header.ts'
import type { RawTransaction } from './transaction.ts'

/** What a node says about itself. */
export type NetworkState = {
  readonly passphrase: string
  /** The ledgers that it can show, both ends included. */
  readonly oldest: bigint
  readonly latest: bigint
}

/** What the follower asks a node. Every method throws when the node is silent or makes no sense, and the caller tries again later. */
export type LedgerSource = {
  readonly state: () => Promise<NetworkState>
  /** At most `limit` ledgers from this one on, in their order: as many as the node gives at once, none when it has none. */
  readonly headers: (from: bigint, limit: number) => Promise<Header[]>
  /** The transactions of this ledger and those after it, page by page, in their order; ends when the node has no more. */
  readonly transactions: (from: bigint) => AsyncIterable<RawTransaction[]>
  /** Calls `wake` when a ledger may have closed, until the signal fires. Never throws; what it misses, polling finds. */
  readonly listen?: (wake: () => void, signal: AbortSignal) => Promise<void>
}
