import type { BlockRef } from './canonical.ts'
import type { Hash } from './observation.ts'

/**
 * The highest block at or below `top` that we and the nodes share, where everything above it differs. Steps down in strides that double,
 * then halves: two chains that have parted never meet again. Undefined: not even the lowest is shared.
 */
export const commonAncestor = async (
  bottom: bigint,
  top: bigint,
  ours: (height: bigint) => Promise<Hash | undefined>,
  theirs: (height: bigint) => Promise<Hash | undefined>,
): Promise<BlockRef | undefined> => {
  const shared = async (height: bigint): Promise<BlockRef | undefined> => {
    const [mine, other] = await Promise.all([ours(height), theirs(height)])
    return mine !== undefined && mine === other ? { number: height, hash: mine } : undefined
  }
  let differs = top + 1n
  let found: BlockRef | undefined
  for (let stride = 1n; found === undefined; stride *= 2n) {
    const height = differs - stride < bottom ? bottom : differs - stride
    found = await shared(height)
    if (found === undefined && height === bottom) return undefined
    if (found === undefined) differs = height
  }
  while (differs - found.number > 1n) {
    const middle = await shared((found.number + differs) / 2n)
    if (middle) found = middle
    else differs = (found.number + differs) / 2n
  }
  return found
}
