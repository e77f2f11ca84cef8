import type { IntentQueue } from '../intents/queue.ts'
import type { TransferId } from '../transfer/id.ts'
import type { TimerKind } from '../transfer/input.ts'
import type { Transfer } from '../transfer/transfer.ts'
import type { ClaimedFacts } from './facts.ts'
import type { PoolState } from './load.ts'
import type { Opening, StoredAnswer } from './open.ts'
import type { FactKey, Lease, Step } from './step.ts'

/** What a step of a transfer asks and writes: each by itself, or together with the rest of a transaction. */
export type StepStore = {
  /** Transfers by id, in no order; one that is parked for a person is left out. */
  readonly loadTransfers: (ids: readonly TransferId[]) => Promise<readonly Transfer[]>
  readonly loadPools: (ids: readonly string[]) => Promise<readonly PoolState[]>
  /** The versions of transfers as they are now. In a transaction nobody moves them until its end. */
  readonly shareVersions: (ids: readonly TransferId[]) => Promise<ReadonlyMap<TransferId, number>>
  /**
   * Commits a batch of steps: all that a step promises, or nothing of one whose transfer has moved on. All of them are first steps, or none
   * is. Returns the ids of the transfers that moved. With a lease their intents belong to its owner. Throws when a step breaks a law of the
   * store, and then nothing of the batch is written.
   */
  readonly commitSteps: (steps: readonly Step[], lease: Lease | undefined) => Promise<ReadonlySet<string>>
}

/** A transaction of the saga: what it has locked and written is nobody else's until it ends. */
export type SagaTx = StepStore & {
  /** Pools as they are, and stay until the transaction ends. */
  readonly lockPools: (ids: readonly string[]) => Promise<readonly PoolState[]>
  /**
   * Locks the oldest facts that no other worker holds, with the transfer that each is about; those about what is parked are left alone.
   * Facts that no transfer answers to come back as `unmatched`.
   */
  readonly claimFacts: (limit: number, parked: readonly string[]) => Promise<ClaimedFacts>
  /** Ends facts that moved nothing; those without a transfer are kept apart for a person. */
  readonly consumeFacts: (unmatched: readonly FactKey[], ignored: readonly FactKey[]) => Promise<void>
  /** The openings whose key is new. Of two with one key in the same batch, the first. */
  readonly claimKeys: (openings: readonly Opening[]) => Promise<readonly Opening[]>
  /** A quote serves one transfer, before it expires by database time. Throws `quote_not_found`, `quote_used` or `quote_expired`. */
  readonly takeQuotes: (fresh: readonly Opening[]) => Promise<void>
  /**
   * Makes sure that no tenant owes more than its limit with what openings advance to it; advances that are final by now are cleared away. Who
   * asks for the same tenant waits for the end of the transaction. Throws `exposure_limit_exceeded`.
   */
  readonly limitExposure: (fresh: readonly Opening[]) => Promise<void>
}

export type DueTimer = { readonly transferId: TransferId; readonly kind: TimerKind }

/** All that the saga keeps. Postgres in production; held to the same behaviour, memory in the simulation. */
export type SagaStore = StepStore &
  IntentQueue & {
    /** Committed when the work returns, rolled back when it throws. No network call belongs in it. */
    readonly inTransaction: <T>(work: (tx: SagaTx) => Promise<T>) => Promise<T>
    /** Database time in ms since the epoch. */
    readonly databaseTimeMs: () => Promise<number>
    /** Takes a transfer out of the machine until a person has looked: a step of it broke an invariant. */
    readonly parkTransfer: (id: TransferId, reason: string) => Promise<void>
    /**
     * Notes that a worker takes transfers in hand, before he does anything with them, and returns how often in a row each was taken before by
     * somebody who was never heard of again. Who has lost `suspectAfter` workers is only looked at.
     */
    readonly takeInHand: (ids: readonly TransferId[], suspectAfter: number) => Promise<ReadonlyMap<TransferId, number>>
    /** The worker is done with them, whatever became of it: he was heard of. */
    readonly putDown: (ids: readonly TransferId[]) => Promise<void>
    /** What the facts of parked transfers are about. */
    readonly parkedSubjects: () => Promise<readonly string[]>
    /** Durable timers that are due by database time, the oldest first; not those of parked transfers. */
    readonly dueTimers: (limit: number) => Promise<readonly DueTimer[]>
    /**
     * Moves a timer that is due and that this version of its transfer ignores; `null` removes it. One that a step has set anew meanwhile stays
     * as it is.
     */
    readonly moveTimer: (timer: DueTimer, version: number, dueAtMs: number | null) => Promise<void>
    /** What keys that were used before were answered with. */
    readonly storedAnswers: (openings: readonly Opening[]) => Promise<readonly StoredAnswer[]>
  }
