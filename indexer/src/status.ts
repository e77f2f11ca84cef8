import type { AlarmCode } from './alarm.ts'
import type { Endpoint } from './evm/source.ts'
import type { FinalHeights, FinalityMode } from './finality.ts'

/**
 * - `starting`: not yet begun, or its first block is not there yet.
 * - `standby`: another process writes this chain.
 * - `following`: this process writes it.
 * - `silent`: it would, but nothing new has come for too long.
 * - `retrying`: the node or the database does not answer.
 * - `halted`: the node contradicts what was final; waits for an operator.
 * - `refused`: the configuration contradicts the node or the tables.
 */
export type ChainState = 'starting' | 'standby' | 'following' | 'silent' | 'retrying' | 'halted' | 'refused'

/** What one chain's follower is doing; it writes, the health server reads. */
export type ChainStatus = {
  readonly chain: string
  state: ChainState
  reason: string | undefined
  /** The node's newest block, and ours. */
  nodeHeight: bigint | undefined
  cursorHeight: bigint | undefined
  heights: FinalHeights | undefined
  mode: FinalityMode | undefined
  /** Set: the events are in doubt, and nothing becomes final. */
  alarm: AlarmCode | undefined
  /** Up to here a second reading agrees. */
  verified: bigint | undefined
  /** The nodes as the follower sees them. */
  endpoints: () => readonly Endpoint[]
}

export const newStatus = (chain: string): ChainStatus => ({
  chain,
  state: 'starting',
  reason: undefined,
  nodeHeight: undefined,
  cursorHeight: undefined,
  heights: undefined,
  mode: undefined,
  alarm: undefined,
  verified: undefined,
  endpoints: () => [],
})

/** A standby is ready: it takes over by itself. */
export const isReady = ({ state, alarm }: ChainStatus): boolean =>
  state === 'standby' || (state === 'following' && alarm === undefined)
