/**
 * - `missed`: a fact that is true on the chain and was not told, or an orphaning that was not.
 * - `phantom`: something told or written that no branch holds.
 * - `twice`: the same truth handed over again, or a revision that skips.
 * - `wrong`: told, but with other content than the chain's.
 * - `finality`: a height called final that is not, or not that is.
 * - `halt`: a reorg below finality that did not halt, a halt without one, or a move after a halt.
 * - `stalled`: the indexer did not reach the truth in time.
 * - `harness`: the fuzzer itself broke.
 */
export type FindingKind = 'missed' | 'phantom' | 'twice' | 'wrong' | 'finality' | 'halt' | 'stalled' | 'harness'

export type Finding = { readonly kind: FindingKind; readonly what: string }
