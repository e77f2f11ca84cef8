import type { ChainPlace, Resolution } from './event.ts'
import type { TransferId } from './id.ts'
import type { AttentionReason } from './patience.ts'
import type { Source, State } from './state.ts'
import type { Route, TermsByRoute } from './terms.ts'

type Wish = 'open' | 'refused'

/** Steps on a chain that are wished again when they were refused. */
export type RetriedStep = 'release' | 'refund' | 'commit' | 'depositRelease' | 'depositRefund'

/** What has happened to a transfer so far: the fold of its events. Plain JSON. */
export type Progress = {
  readonly debit?: {
    readonly bankTransferId?: string
    readonly settledAt?: string
    /** When the debit counts as final by the clearing policy. */
    readonly finalAt?: string
    readonly refundAfter?: number
    readonly hardDeadline?: number
    readonly returned?: 'beforePivot' | 'afterPivot'
    /** The bank's times of the latest return, and of its latest reversal: their news come in any order. */
    readonly returnedAt?: string
    readonly reversedAt?: string
    /** It took too long, and the bank was asked to give it up. */
    readonly calledBack?: true
  }
  /** Unix seconds, where something else than the debit's settlement has fixed them. */
  readonly holdDeadlines?: { readonly refundAfter: number; readonly hardDeadline: number }
  readonly lock?: ChainPlace
  /** The lock was final once, so the escrow stands in the ledger. */
  readonly lockBooked?: true
  readonly release?: ChainPlace
  readonly refund?: ChainPlace
  /** The treasury's escrow has ended for good: its release or refund was final, or its issuer took it. */
  readonly holdEnded?: true
  /** What was released is ours again. */
  readonly deliveryReclaimed?: true
  /** There is one from the first wish for it on. */
  readonly credit?: {
    readonly bankTransferId?: string
    readonly settled?: true
    /** The bank has said that it does not pay it. */
    readonly refused?: true
    readonly returned?: true
    /** As a debit's. */
    readonly returnedAt?: string
    readonly reversedAt?: string
    /** It is only asked about since the reason for it has gone. */
    readonly withdrawn?: true
    /** Why it was wished for, while what is said to have failed is that it has come back. */
    readonly reason?: { readonly code: string; readonly detail: string }
  }
  readonly deposit?: {
    readonly lock?: ChainPlace
    /** It was final once, so it stands in the ledger. */
    readonly booked?: true
    readonly release?: ChainPlace
    readonly refund?: ChainPlace
    /** It is the customer's again for good. */
    readonly refunded?: true
    /** It is its issuer's. */
    readonly clawedBack?: true
  }
  readonly commit?: ChainPlace
  /** The commit was final once, or none was needed. */
  readonly committed?: true
  readonly payout?: {
    readonly bankTransferId?: string
    readonly settled?: true
    /** The bank has said that it pays nothing out. */
    readonly refused?: true
    readonly returned?: true
    /** As a debit's. */
    readonly returnedAt?: string
    readonly reversedAt?: string
    /** It is only asked about since the reason for it has gone. */
    readonly withdrawn?: true
    /** The customer's own escrow that it was for is his again, and what it paid stands as a receivable. */
    readonly owed?: true
  }
  /** It stands on our account at the bank that a rebalance goes to. */
  readonly arrived?: true
  /** The refunds that have been paid beside it, by id. */
  readonly refunds?: readonly string[]
  /** Those of them that the bank has sent back since. */
  readonly refundsReturned?: readonly string[]
  /** How a person has last ended it. From then on it ends by persons only. */
  readonly resolution?: Omit<Resolution, 'closing'>
  /** A person must look; ISO 8601. It ends when the transfer moves on. */
  readonly attention?: { readonly why: AttentionReason; readonly since: string }
  readonly cancelReason?: string
  /** Why it did not complete, with a stable code. */
  readonly failure?: { readonly code: string; readonly detail: string }
  /** Attempt groups already used up, by step: the next wish gets the next number, and so another key. */
  readonly attempts: { readonly release: number; readonly refund: number } & { readonly [step in RetriedStep]?: number }
  /** Where the latest attempt of a step stands, once there is one: only a refused one is wished again by its timer. */
  readonly wishes?: { readonly [step in RetriedStep]?: Wish }
}

type Common = {
  readonly id: TransferId
  readonly tenant: string
  readonly definition: number
  readonly progress: Progress
}

type ByRoute<R extends Route> = { readonly route: R; readonly terms: TermsByRoute[R] }

export type TransferOf<R extends Route> = Common &
  ByRoute<R> & {
    readonly state: State
    /** The number of events so far. */
    readonly version: number
    /** Database time, as far as the saga needs it: since when the time for its phase runs (see patience-timer.ts). */
    readonly phaseSinceMs?: number | null | undefined
  }
export type Transfer = { [R in Route]: TransferOf<R> }[Route]

/** A transfer before its first event. */
export type UnbornOf<R extends Route> = Common & ByRoute<R> & { readonly state: Extract<Source, 'none'>; readonly version: 0 }
export type Unborn = { [R in Route]: UnbornOf<R> }[Route]
