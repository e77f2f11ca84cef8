import type { Hash } from './observation.ts'

export type BlockRef = { readonly number: bigint; readonly hash: Hash }

export type Linked = BlockRef & { readonly parentHash: Hash }

/** What the tables keep of a block; `time` in Unix seconds. */
export type Block = Linked & { readonly time: bigint }

/**
 * The canonical blocks that may still move, oldest first. Each is the parent of the next; the first is final, the last is the cursor;
 * never empty.
 */
export type Branch = readonly BlockRef[]

/**
 * Where a block that the node calls canonical stands to the branch that we hold.
 * - `duplicate`: we hold it; at the tip there is no news, below the tip the node lags, which is not a reorg.
 * - `next`: it extends the branch.
 * - `gap`: blocks are missing between; read them first.
 * - `reorg`: it contradicts the branch.
 * - `below`: it is older than everything in the branch, which therefore cannot judge it.
 */
export type Placement = 'duplicate' | 'next' | 'gap' | 'reorg' | 'below'

export const place = (branch: Branch, block: Linked): Placement => {
  const base = baseOf(branch)
  const tip = tipOf(branch)
  if (block.number < base.number) return 'below'
  if (block.number > tip.number + 1n) return 'gap'
  if (block.number === tip.number + 1n) return block.parentHash === tip.hash ? 'next' : 'reorg'
  return at(branch, block.number)?.hash === block.hash ? 'duplicate' : 'reorg'
}

export const tipOf = (branch: Branch): BlockRef => branch[branch.length - 1]!

export const baseOf = (branch: Branch): BlockRef => branch[0]!

/** The block of the branch at this height, if the branch reaches there. */
export const at = (branch: Branch, number: bigint): BlockRef | undefined => branch[Number(number - baseOf(branch).number)]

/** The block's parent within the branch: the common ancestor when the block contradicts what stands above it. */
export const parentIn = (branch: Branch, block: Linked): BlockRef | undefined => {
  if (block.number <= baseOf(branch).number) return undefined
  const candidate = at(branch, block.number - 1n)
  return candidate?.hash === block.parentHash ? candidate : undefined
}

/** The branch after `blocks` were put on top of `ancestor`, cut below `finalized`. */
export const grow = (branch: Branch, ancestor: BlockRef, blocks: readonly Linked[], finalized: bigint): Branch => {
  const kept = branch.filter(block => block.number <= ancestor.number)
  const grown = [...kept, ...blocks.map(({ number, hash }) => ({ number, hash }))]
  return grown.filter(block => block.number >= finalized)
}

/** The longest start of `blocks` in which each is the parent of the next: a reorg while reading breaks the line. */
export const linkedPrefix = <T extends Linked>(blocks: readonly T[]): T[] => {
  const end = blocks.findIndex((block, i) => i > 0 && block.parentHash !== blocks[i - 1]!.hash)
  return end < 0 ? [...blocks] : blocks.slice(0, end)
}
