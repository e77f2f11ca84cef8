/** The habits in which today's core and the core 19.0.0 of the recorded answers differ. The rules of operations are the same. */
export type Core = {
  readonly protocol: number
  /** One queued transaction per account, or a chain of them. */
  readonly oneQueuedEach: boolean
  /** What was applied is refused for ten ledgers like what was dropped. */
  readonly bansApplied: boolean
  /** The transaction inside a fee bump is said to cost nothing, or what it would have cost alone. */
  readonly innerCostsNothing: boolean
  /** The fee rises only when something did not fit, or when less than a hundred operations are free. */
  readonly surgeWhenFull: boolean
  /** What belongs to smart contracts can be read, though it is refused; before them such an envelope was none at all. */
  readonly knowsContracts: boolean
}

export const cores = {
  current: {
    protocol: 25,
    oneQueuedEach: true,
    bansApplied: true,
    innerCostsNothing: true,
    surgeWhenFull: true,
    knowsContracts: true,
  },
  v19: {
    protocol: 19,
    oneQueuedEach: false,
    bansApplied: false,
    innerCostsNothing: false,
    surgeWhenFull: false,
    knowsContracts: false,
  },
} as const satisfies Record<string, Core>
