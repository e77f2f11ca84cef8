import type { FinalityTags } from './endpoint.ts'
import type { Random } from './random.ts'

/** What stays as it is while one world lives. */
export type Settings = {
  readonly slotsInAnEpoch: number
  readonly tags: FinalityTags
  /** Blocks that must stand on top of a final one, by whichever rule is in force. */
  readonly finality: number
  /** The only node forgets single logs at first: what is missed then must be found later, before it counts as final. */
  readonly forgetful: boolean
  /** What the indexer is told for chains without tags. */
  readonly finalityDepth: number
  readonly batchSize: number
  readonly concurrency: number
  readonly rpcBatchSize: number
  readonly endpoints: number
  /** So many endpoints must say the same. */
  readonly quorum: number
  readonly acts: number
  /** The last act is a reorg below finality. */
  readonly endsDeep: boolean
}

/** `nodes`: how many endpoints, where that is not for chance to decide. */
export const drawSettings = (random: Random, nodes?: number): Settings => {
  const drawn = random.pick([1, 1, 3, 3, 4, 5])
  const endpoints = nodes ?? drawn
  const rpcBatchSize = random.pick([1, 5, 100])
  const common = {
    ...{ endpoints, quorum: Math.floor(endpoints / 2) + 1, rpcBatchSize },
    ...{ batchSize: random.pick(rpcBatchSize === 1 ? [1, 3, 7, 20] : [1, 3, 7, 20, 100]), concurrency: random.between(1, 6) },
    ...{
      acts: random.between(4, 9),
      endsDeep: random.chance(0.4),
      forgetful: random.chance(0.5) && drawn === 1 && endpoints === 1,
    },
  }
  if (random.chance(0.65)) {
    const slotsInAnEpoch = random.pick([1, 2, 4, 8, 16, 32])
    return { ...common, slotsInAnEpoch, tags: 'tags', finality: 2 * slotsInAnEpoch, finalityDepth: 64 }
  }
  // No tags, or such as say that the newest block is final, which an indexer must not believe.
  const finality = random.pick([2, 3, 5, 12, 30, 64])
  const tags = random.pick(['tags', 'null', 'error'] as const)
  return { ...common, slotsInAnEpoch: tags === 'tags' ? 0 : 4, tags, finality, finalityDepth: finality }
}
