import type { Random } from '../../scripts/fuzz/reorg/random.ts'

export type Flavour = 'evm' | 'stellar'

export type FinalityPolicy =
  | { readonly level: 'latest'; readonly confirmations: number }
  | { readonly level: 'safe' | 'finalized'; readonly confirmations: 0 }

/** What one of its chains is like. */
export type ChainSettings = {
  readonly id: `${Flavour}:${string}`
  readonly flavour: Flavour
  readonly blockMs: number
  readonly safeDepth: number
  readonly finalDepth: number
  readonly finality: FinalityPolicy
  /** No reorg takes away what the policy calls final. */
  readonly mostReorg: number
  /** Whether the real sender stands between the saga and the chain, or a port that keeps its promises. */
  readonly hasSender: boolean
  /** Whether deposits may be brought by a plain transfer to an address of their own. */
  readonly hasAddresses: boolean
}

/** What else than customers' orders there is in some worlds. The faults of each are named after it. */
export const features = ['refund', 'rebalance', 'resolution', 'settlement'] as const
export type Feature = (typeof features)[number]

/** Those of a world, with all that are `wanted`: rare, so that most worlds stay as cheap as they are. */
export const drawFeatures = (random: Random, wanted: readonly Feature[]): ReadonlySet<Feature> => {
  const isRare = random.chance(0.3)
  return new Set(features.filter(each => wanted.includes(each) || (isRare && random.chance(0.6))))
}

/** What a world is like, before anything goes wrong in it. */
export type Settings = {
  /** One, or two between which customers may send. */
  readonly chains: readonly [ChainSettings, ...ChainSettings[]]
  readonly startMs: number
  /** How long faults strike. */
  readonly stormMs: number
  readonly workers: number
  readonly pollMs: number
  readonly leaseMs: number
  readonly transfers: number
  /** Within how long clients order them: all at once, one soon after the other, or one now and then. */
  readonly postingMs: number
  readonly clearingMs: number
  /** So long a settled debit can come back where something is advanced against it; 0: nothing ever is. */
  readonly returnableMs: number
  /** What is advanced to the one tenant at most, in cents as a decimal string. */
  readonly exposureLimit: string
  readonly softDeadlineMs: number
  readonly hardDeadlineMs: number
  readonly funding: 'liquidity' | 'mint'
  readonly settleMs: number
  /** By what the bank dates the lines of its statement: some know the day only, and write it as such or as its midnight. */
  readonly linesDatedBy: 'moment' | 'day' | 'midnight'
  /** How long the bank knows a key, and how long the service believes so. */
  readonly bankKeepsKeysMs: number
  readonly keyRetentionMs: number
  readonly features: ReadonlySet<Feature>
}

const minuteMs = 60_000

const worlds = [['evm:1'], ['evm:1'], ['stellar:sim'], ['evm:1', 'evm:2'], ['evm:1', 'stellar:sim']] as const

export const drawSettings = (random: Random, features: ReadonlySet<Feature>): Settings => {
  const [first, ...others] = random.pick(worlds).map(id => drawChain(random, id))
  const bankKeepsKeysMs = random.pick([20, 40, 120]) * minuteMs
  const stormMs = random.between(10, 40) * minuteMs
  return {
    chains: [first!, ...others],
    // Some worlds see midnight, and with it another day than the one in the keys.
    startMs: Date.UTC(2026, 2, random.between(1, 28), random.pick([9, 23]), 50),
    stormMs,
    workers: random.between(1, 3),
    pollMs: random.between(300, 1_500),
    leaseMs: random.between(2, 20) * 1_000 + 1,
    transfers: random.between(1, 7),
    postingMs: random.pick([stormMs / 2, stormMs / 2, 5_000, 10]),
    clearingMs: random.pick([0, 0, 1, 5, 15]) * minuteMs,
    returnableMs: random.pick([0, 20, 60]) * minuteMs,
    exposureLimit: random.pick(['40000', '90000', '200000', '10000000']),
    softDeadlineMs: random.between(3, 30) * minuteMs,
    hardDeadlineMs: random.between(5, 60) * minuteMs,
    funding: random.pick(['liquidity', 'liquidity', 'mint'] as const),
    settleMs: random.between(1, 180) * 1_000,
    linesDatedBy: random.pick(['moment', 'moment', 'day', 'midnight'] as const),
    bankKeepsKeysMs,
    keyRetentionMs: (bankKeepsKeysMs * 5) / 6,
    features,
  }
}

const drawChain = (random: Random, id: (typeof worlds)[number][number]): ChainSettings => {
  const flavour = id === 'stellar:sim' ? 'stellar' : 'evm'
  const finalDepth = random.between(3, 8)
  const safeDepth = random.between(1, finalDepth)
  const finality: FinalityPolicy =
    flavour === 'stellar'
      ? { level: 'latest', confirmations: 0 }
      : random.pick([
          { level: 'latest', confirmations: random.between(1, finalDepth) },
          { level: 'safe', confirmations: 0 },
          { level: 'finalized', confirmations: 0 },
        ] as const)
  const mostReorg = finality.level === 'latest' ? finality.confirmations : finality.level === 'safe' ? safeDepth : finalDepth
  const blockMs = flavour === 'stellar' ? 5_000 : random.between(3, 15) * 1_000
  const isEvm = flavour === 'evm'
  const hasSender = random.chance(0.5)
  // What we lock and send back ourselves a sender watches until it is final: that costs more than what customers lock.
  const hasAddresses = isEvm && random.chance(hasSender ? 0.25 : 0.45)
  return { id, flavour, blockMs, safeDepth, finalDepth, finality, mostReorg, hasSender, hasAddresses }
}
