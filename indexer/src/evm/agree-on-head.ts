import { type Header, identityOf } from './header.ts'

export type Agreement<N> = {
  readonly head: Header
  /** They have this very block. */
  readonly agreeing: readonly N[]
  /** They have another one in its place. */
  readonly dissenting: readonly N[]
  /** They do not reach so far: no contradiction, and no vote. */
  readonly lagging: readonly N[]
}

/**
 * The highest block that `quorum` nodes have in common, tried at the heights of their heads: one that is ahead is asked for its block at
 * the lower height, so that a node that lags lowers the height and never looks like a reorg. Undefined: no so many agree on anything.
 */
export const agreeOnHead = async <N>(
  voices: readonly { readonly node: N; readonly head: Header }[],
  quorum: number,
  blockAt: (node: N, height: bigint) => Promise<Header | undefined>,
): Promise<Agreement<N> | undefined> => {
  const heights = voices.map(({ head }) => head.number).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
  for (const height of new Set(heights.slice(quorum - 1))) {
    const votes = await Promise.all(
      voices.map(async ({ node, head }) => ({
        node,
        block: head.number < height ? undefined : head.number === height ? head : await blockAt(node, height),
      })),
    )
    const byIdentity = Map.groupBy(
      votes.filter(vote => vote.block !== undefined),
      ({ block }) => identityOf(block!),
    )
    const [best] = [...byIdentity.values()].sort((a, b) => b.length - a.length)
    if (best === undefined || best.length < quorum) continue
    return {
      head: best[0]!.block!,
      agreeing: best.map(({ node }) => node),
      dissenting: votes.filter(vote => vote.block !== undefined && !best.includes(vote)).map(({ node }) => node),
      lagging: votes.filter(vote => vote.block === undefined).map(({ node }) => node),
    }
  }
  return undefined
}
