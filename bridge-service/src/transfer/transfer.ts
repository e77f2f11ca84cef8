import type { ChainPlace } from './event.ts'
import type { TransferId } from './id.ts'
import type { Source, State } from './state.ts'
import type { Route, Terms } from './terms.ts'

type Wish = 'open' | 'refused'

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
  }
  readonly lock?: ChainPlace
  /** The lock was final once, so the escrow stands in the ledger. */
  readonly lockBooked?: true
  readonly release?: ChainPlace
  readonly refund?: ChainPlace
  /** What was released is ours again. */
  readonly deliveryReclaimed?: true
  readonly credit?: { readonly bankTransferId?: string; readonly settled?: true; readonly returned?: true }
  readonly cancelReason?: string
  /** Why it did not complete, with a stable code. */
  readonly failure?: { readonly code: string; readonly detail: string }
  /** Attempt groups already used up, by step: the next wish gets the next number, and so another key. */
  readonly attempts: { readonly release: number; readonly refund: number }
  /** Where the latest attempt of a step stands, once there is one: only a refused one is wished again by its timer. */
  readonly wishes?: { readonly release?: Wish; readonly refund?: Wish }
}

export type Transfer = {
  readonly id: TransferId
  readonly tenant: string
  readonly route: Route
  readonly definition: number
  readonly state: State
  /** Number of events so far. */
  readonly version: number
  readonly terms: Terms
  readonly progress: Progress
}

/** A transfer before its first event. */
export type Unborn = Omit<Transfer, 'state' | 'version' | 'progress'> & {
  readonly state: Extract<Source, 'none'>
  readonly version: 0
  readonly progress: Progress
}
