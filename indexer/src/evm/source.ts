import type { BlockRef } from '../canonical.ts'
import type { Tags } from '../finality.ts'
import type { Hash } from '../observation.ts'
import type { Header } from './header.ts'
import type { ChainLog } from './log.ts'

/**
 * What the follower asks its nodes, which answer with one voice or not at all: every method throws when too few of them agree, and the
 * follower tries again later.
 */
export type Source = {
  /** Throws `chain_id_mismatch` when too few nodes are left that serve the configured chain. */
  readonly identity: () => Promise<{ readonly genesisHash: Hash }>
  /** The newest block that they agree on, and after it the tags. */
  readonly head: () => Promise<{ latest: Header; tags: Tags }>
  readonly byHash: (hash: Hash) => Promise<Header | undefined>
  /** In their order; ends before the first block that is not there. */
  readonly headers: (from: bigint, to: bigint) => Promise<Header[]>
  /** All logs of the escrow in these blocks, in their order. */
  readonly logsOf: (blocks: readonly BlockRef[]) => Promise<ChainLog[]>
  /** All logs of the escrow in a range; only for blocks that no reorg can reach. */
  readonly logsBetween: (from: bigint, to: bigint) => Promise<ChainLog[]>
  /** The logs of one block as another node has them, and then as its receipts have them: for a block that is in doubt. */
  readonly certainLogsOf: (block: BlockRef) => Promise<ChainLog[]>
  /** A final range once more, from a node that did not give it the first time where there is such a node, which is named. */
  readonly readAgain: (from: bigint, to: bigint) => Promise<{ endpoint: string; logs: ChainLog[] }>
  /** The node turned out to be wrong. */
  readonly accuse: (endpoint: string, what: string) => void
  /** What the contract says is locked of a token after this block; undefined where they have no state of it. */
  readonly totalLocked: (token: string, block: BlockRef) => Promise<bigint | undefined>
  /** Whether the contract was there after this block; undefined where they have no state of it. */
  readonly hasCode: (block: BlockRef) => Promise<boolean | undefined>
  readonly endpoints: () => readonly Endpoint[]
}

/**
 * - `good`: agrees with the others. `lagging`: agrees, or nothing is known, but does not reach as far.
 * - `forked`: has other blocks. `lying`: gave an answer that others contradict; not asked for a while.
 * - `limited`: asks for rest. `silent`: does not answer. `foreign`: serves another chain.
 */
export type Standing = 'good' | 'lagging' | 'forked' | 'lying' | 'limited' | 'silent' | 'foreign'

/** One node as the others see it. */
export type Endpoint = {
  readonly name: string
  readonly standing: Standing
  readonly headHeight: bigint | undefined
  /** A moving average. */
  readonly latencyMs: number | undefined
  readonly requests: number
  readonly failures: number
  readonly disagreements: number
}
