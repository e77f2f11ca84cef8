import type { ClientBase } from 'pg'
import { type Branch, tipOf } from './canonical.ts'
import type { EvmChainConfig } from './config.ts'
import { IndexerError } from './errors.ts'
import type { Header } from './evm/header.ts'
import type { Source } from './evm/source.ts'
import { type FinalHeights, type FinalityEvidence, noEvidence } from './finality.ts'
import { createHead, readBranch, readHead } from './store.ts'
import type { TokenStates } from './token-states.ts'
import { readTokenStates } from './token-store.ts'
import { type Followed, stopFor } from './turns.ts'

export type FollowedEvm = Followed & { readonly config: EvmChainConfig; readonly source: Source }

/** What is in the tables of an EVM chain, as far as the next turn needs it. The branch begins at the finalized height. */
export type Held = {
  readonly branch: Branch
  readonly heights: FinalHeights
  readonly evidence: FinalityEvidence
  /** Every token after the branch's tip. */
  readonly tokens: TokenStates
  /** Up to here a second reading agrees. */
  readonly verified: bigint
  /** The contract is older than our first block. */
  readonly midway: boolean
}

/** What the tables hold; begins the chain when it is new. Undefined: not yet (its first block is missing) or never (see the status). */
export const load = async (db: ClientBase, followed: FollowedEvm): Promise<Held | undefined> => {
  const { config, source, status } = followed
  const chain = config.id
  const head = await readHead(db, chain)
  if (head?.haltedReason !== undefined) return void stopFor(followed, 'halted', head.haltedReason)
  if (head && head.escrow !== config.escrow.toLowerCase()) return void stopFor(followed, 'refused', 'escrow_mismatch')
  let genesisHash: Awaited<ReturnType<Source['identity']>>['genesisHash']
  try {
    genesisHash = (await source.identity()).genesisHash
  } catch (error) {
    if (error instanceof IndexerError && error.code === 'chain_id_mismatch') return void stopFor(followed, 'refused', error.code)
    throw error
  }
  if (head) {
    if (head.genesisHash !== undefined && head.genesisHash !== genesisHash)
      return void stopFor(followed, 'refused', 'genesis_mismatch')
    status.alarm = head.alarm as Followed['status']['alarm']
    status.verified = head.verified
    const branch = await readBranch(db, chain, head.heights.finalized)
    return {
      branch,
      heights: head.heights,
      evidence: noEvidence(head.mode === 'closed' ? undefined : head.mode),
      tokens: await readTokenStates(db, chain, tipOf(branch).number),
      verified: head.verified ?? head.heights.finalized,
      midway: head.begunMidway,
    }
  }
  const anchor = await readAnchor(followed)
  if (!anchor) {
    status.state = 'starting'
    status.reason = 'start_block_not_reached'
    return undefined
  }
  // Only a node that still has the state of that block can tell; without it the first event must be the contract's first.
  const midway = (await source.hasCode(anchor)) ?? false
  await createHead(db, chain, config.escrow.toLowerCase(), anchor, { genesisHash, begunMidway: midway })
  const { number, hash } = anchor
  return {
    branch: [{ number, hash }],
    heights: { safe: number, finalized: number },
    evidence: noEvidence(),
    tokens: new Map(),
    verified: number,
    midway,
  }
}

/** The block before the first one to read. */
const readAnchor = async ({ config, source }: FollowedEvm): Promise<Header | undefined> => {
  const number = config.startBlock > 0n ? config.startBlock - 1n : 0n
  const { latest } = await source.head()
  return latest.number < number ? undefined : (await source.headers(number, number))[0]
}
