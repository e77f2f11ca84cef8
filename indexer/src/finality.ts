import { at, type BlockRef, type Branch, tipOf } from './canonical.ts'

/** By the node's tags, by depth, or, on Stellar, as soon as a ledger has closed. */
export type FinalityMode = 'tags' | 'depth' | 'closed'

/** What the node says at one moment. `latest` was read first, so that a block mined in between cannot look like a lag. */
export type Tags = {
  readonly latest: BlockRef
  readonly safe: BlockRef | undefined
  readonly finalized: BlockRef | undefined
}

/** `against` counts how often in a row the node has contradicted `mode`. */
export type FinalityEvidence = {
  readonly mode: FinalityMode | undefined
  readonly leaning: FinalityMode
  readonly against: number
}

export const noEvidence = (mode?: FinalityMode): FinalityEvidence => ({ mode, leaning: mode ?? 'depth', against: 0 })

// One odd answer, from a lagging node behind a load balancer, must not decide when money is paid out.
const timesInARow = 3

/**
 * Learns whether the node's `finalized` means anything: where it lags `latest` it does; where it equals `latest` again and again
 * (a development node) trusting it would make every block final at once.
 */
export const weigh = (evidence: FinalityEvidence, tags: Tags): FinalityEvidence => {
  if (tags.latest.number === 0n) return evidence // at genesis everything is equal
  const seen: FinalityMode = tagsLag(tags) ? 'tags' : 'depth'
  if (seen === evidence.mode) return { mode: seen, leaning: seen, against: 0 }
  const against = seen === evidence.leaning || evidence.mode !== undefined ? evidence.against + 1 : 1
  if (against >= timesInARow) return { mode: seen, leaning: seen, against: 0 }
  return { mode: evidence.mode, leaning: seen, against }
}

export type FinalHeights = { readonly safe: bigint; readonly finalized: bigint }

/**
 * The heights up to which `branch` is safe and final, where `ancestor` is its newest block that was there before. Final never falls; safe
 * falls to the ancestor in a reorg. A block that the node has final on another branch does not count. By depth, confirmations are
 * counted on the branch that we hold: a node's word about its head is no confirmation.
 */
export const finalHeights = (now: {
  readonly before: FinalHeights
  readonly ancestor: BlockRef
  readonly branch: Branch
  readonly mode: FinalityMode | undefined
  readonly tags: Tags
  readonly depth: bigint
}): FinalHeights => {
  const seen =
    now.mode === undefined ? nothing : now.mode === 'tags' ? byTags(now.branch, now.tags) : byDepth(now.branch, now.depth)
  const finalized = max(now.before.finalized, seen.finalized)
  const stillSafe = now.before.safe < now.ancestor.number ? now.before.safe : now.ancestor.number
  return { finalized, safe: max(finalized, max(stillSafe, seen.safe)) }
}

const nothing: FinalHeights = { safe: -1n, finalized: -1n }

const byDepth = (branch: Branch, depth: bigint): FinalHeights => {
  const tip = tipOf(branch).number
  return { finalized: tip - depth, safe: tip - (depth + 1n) / 2n } // safe: half way, rounded up
}

const byTags = (branch: Branch, tags: Tags): FinalHeights => {
  // A node that lost its tags must not make its head final before `weigh` has noticed.
  if (!tagsLag(tags)) return nothing
  return { safe: agreed(branch, tags.safe), finalized: agreed(branch, tags.finalized) }
}

// Above the cursor: the branch's blocks were read by number after the tag was, so all of them lie below it on the node's own chain.
const agreed = (branch: Branch, tag: BlockRef | undefined): bigint => {
  if (!tag) return -1n
  const tip = tipOf(branch)
  if (tag.number > tip.number) return tip.number
  return at(branch, tag.number)?.hash === tag.hash ? tag.number : -1n
}

const tagsLag = ({ latest, finalized }: Tags) => finalized !== undefined && finalized.number < latest.number

const max = (a: bigint, b: bigint) => (a > b ? a : b)
