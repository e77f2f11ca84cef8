import type { Hash } from './observation.ts'

/** What one counted event of the escrow does to its token: `sequence` is the contract's own number of it. */
export type TokenStep = {
  readonly token: string
  readonly sequence: bigint
  /** Change of what is locked, in the token's minor units. */
  readonly locked: bigint
  readonly blockNumber: bigint
  readonly blockHash: Hash
}

/** A token after its newest event. */
export type TokenState = {
  readonly sequence: bigint
  /** The number of its first event that is known: 1 unless the index began midway. */
  readonly since: bigint
  readonly locked: bigint
  /** Where its newest event stands. */
  readonly height: bigint
}

export type TokenStates = ReadonlyMap<string, TokenState>

/** A token after one block. */
export type TokenRow = TokenState & { readonly token: string; readonly blockHash: Hash }

/** The contract counts its events of each token without a hole, so a hole is an event that nobody gave us. */
export type SequenceGap = {
  readonly token: string
  readonly expected: bigint
  readonly found: bigint
  /** The missing event stands between these blocks, both included. */
  readonly from: bigint
  readonly to: bigint
}

export type Folded = { readonly after: TokenStates; readonly rows: readonly TokenRow[]; readonly gap: SequenceGap | undefined }

/**
 * Steps in the order of the chain on top of what was. `midway`: a token that is not known yet may begin with any number. Ends at the first
 * gap, which also is what an event that is there twice or out of order shows as.
 */
export const foldTokens = (before: TokenStates, steps: readonly TokenStep[], midway: boolean): Folded => {
  const after = new Map(before)
  const rows = new Map<string, TokenRow>()
  for (const step of steps) {
    const state = after.get(step.token)
    const expected = state ? state.sequence + 1n : midway ? step.sequence : 1n
    if (step.sequence !== expected) {
      const gap = { token: step.token, expected, found: step.sequence, from: state?.height ?? 0n, to: step.blockNumber }
      return { after, rows: [...rows.values()], gap }
    }
    const next = {
      sequence: step.sequence,
      since: state?.since ?? step.sequence,
      locked: (state?.locked ?? 0n) + step.locked,
      height: step.blockNumber,
    }
    after.set(step.token, next)
    rows.set(`${step.blockHash}${step.token}`, { ...next, token: step.token, blockHash: step.blockHash })
  }
  return { after, rows: [...rows.values()], gap: undefined }
}
