import type { Chain, ChainOrder } from '../../../bridge-service/src/chains/chain.ts'
import type { Around } from '../memory/connection.ts'
import type { Process } from '../process.ts'

/** What signed bytes say: a call, at a number of an account. */
export type Sent = {
  readonly sender: string
  readonly nonce: number
  readonly call: string
  /** Stellar: from when on some node had them, and when no ledger could take them any more; ms since the epoch. */
  readonly alive?: { readonly fromMs: number; readonly untilMs: number }
}

/** The way from the house to one chain. */
export type ChainLine = {
  /** `around`: what happens between the process and the database. */
  readonly chainFor: (process: Process, around: Around) => Chain
  /** Calls when a key is seen for the first time, whatever becomes of its order. */
  readonly onFirstAsked: (listener: (order: ChainOrder) => void) => void
  /** All signed bytes that some node was given. */
  readonly sent: readonly Sent[]
  /** Orders that came under a key that another order has. */
  readonly conflicts: readonly string[]
  /** What was wrong with signed bytes that no order can have made. */
  readonly unasked: readonly string[]
  /** A lock of this ref that was signed and may still be mined. */
  readonly lockMayCome: (ref: string) => boolean
  /** From when on `tend` has something to do. */
  readonly tendFromMs: () => number
  readonly isAtRest: () => boolean
}
