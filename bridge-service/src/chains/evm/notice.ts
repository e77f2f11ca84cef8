import type { Hash } from 'viem'

/** What an operator should be able to see of the sender; metrics and logs are made of it. */
export type Notice =
  /** Somebody used the key elsewhere: the chain counts more transactions than were given out here. */
  | { readonly type: 'laneRaised'; readonly sender: string; readonly from: number; readonly to: number }
  /** Nothing was given out for the nonce that the chain waits for, or it was final and is gone: every later one waits. */
  | { readonly type: 'laneGap'; readonly sender: string; readonly expected: number; readonly lowest: number }
  /** This worker lost the lane to another one and stopped writing. */
  | { readonly type: 'laneLost'; readonly sender: string; readonly epoch: number }
  /** A nonce was consumed by a transaction that is none of ours: a person must look. */
  | { readonly type: 'nonceUsurped'; readonly sender: string; readonly nonce: number; readonly key: string }
  | { readonly type: 'orphaned'; readonly sender: string; readonly nonce: number; readonly hash: Hash }
  | { readonly type: 'reverted'; readonly sender: string; readonly nonce: number; readonly hash: Hash }
  | { readonly type: 'replaced'; readonly sender: string; readonly nonce: number; readonly hash: Hash; readonly version: number }
  /** Stuck, and a higher fee would be over the cap. */
  | { readonly type: 'feeCapReached'; readonly sender: string; readonly nonce: number; readonly capWei: bigint }
  /** A node's answer to a broadcast; advice only. */
  | { readonly type: 'broadcastRejected'; readonly sender: string; readonly hash: Hash; readonly detail: string }
  /** What the sender has left to pay for gas. */
  | { readonly type: 'gasBalance'; readonly sender: string; readonly balanceWei: bigint }
