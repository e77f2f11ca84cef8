import type { RailFact } from '../rails/rail.ts'
import type { ChainPlace, PaidRefund, Resolution } from './event.ts'
import type { WaitKind } from './wait.ts'

/** `creditFiat` pays back at the source, `payoutFiat` pays out at the destination. */
export type RailStep = 'debitFiat' | 'creditFiat' | 'payoutFiat'
export type ChainStep = 'lockEscrow' | 'commitEscrow' | 'releaseEscrow' | 'refundEscrow' | 'releaseDeposit' | 'refundDeposit'
export type Step = 'screen' | RailStep | 'cancelDebit' | ChainStep

/** What an intent's executor or resolver found out. `attempt` names the attempt group, so a late answer to an old wish is recognised. */
export type IntentInput =
  | { readonly type: 'screened'; readonly list: string; readonly availableMinor: bigint }
  | { readonly type: 'railAnswered'; readonly step: RailStep; readonly fact: RailFact }
  | {
      readonly type: 'intentRefused'
      readonly step: Step
      readonly attempt: number
      readonly code: string
      readonly detail: string
    }
  | { readonly type: 'intentUnknown'; readonly step: Step; readonly detail: string }

export type ChainFactKind =
  | 'escrowLocked'
  | 'escrowCommitted'
  | 'escrowReleased'
  | 'escrowRefunded'
  | 'escrowCredited'
  | 'escrowClawedBack'
  | 'depositReceived'
  | 'deliveryClaimed'
  | 'deliveryReclaimed'

/** The current truth of one fact on a chain: about the escrow that the treasury pays into, or about the customer's deposit. */
type ChainFact<T extends 'chainFact' | 'depositFact'> = {
  readonly type: T
  readonly kind: ChainFactKind
  readonly status: 'included' | 'orphaned'
  readonly place: ChainPlace
}

/** Everything that can move a transfer. */
export type Input =
  | IntentInput
  /** A bank's webhook or statement about one of our orders. */
  | { readonly type: 'railFact'; readonly step: RailStep; readonly fact: RailFact }
  | ChainFact<'chainFact'>
  | ChainFact<'depositFact'>
  | { readonly type: 'finalityReached'; readonly kind: WaitKind; readonly fact: string }
  | { readonly type: 'deadlineReached'; readonly kind: TimerKind }
  | { readonly type: 'cancelCommand'; readonly reason: string }
  /** A bank's statement shows something else about one of our orders than what was ordered. */
  | { readonly type: 'statementMismatched' }

/** What a route is asked about; the rest means the same on every route (see patience.ts). */
export type RouteInput = Exclude<Input, { type: 'statementMismatched' }>

/** What a person decides, through the same machine as everything else. */
export type OperatorInput =
  /** Do not wait for the timer of what was refused. */
  | { readonly type: 'retryCommand' }
  /** Turn back, also where a customer's own wish to cancel comes too late. */
  | { readonly type: 'compensateCommand'; readonly reason: string }
  /** A refund of it has settled. */
  | ({ readonly type: 'refundSettled' } & PaidRefund)
  /** It has come back from the customer's bank since. */
  | ({ readonly type: 'refundCameBack' } & PaidRefund)
  /** It is over. Good for the transfer that the person has looked at, and for no later `version` of it. */
  | ({ readonly type: 'resolveCommand'; readonly version: number } & Resolution)

export type TimerKind =
  | 'clearing'
  | 'retryRelease'
  | 'retryRefund'
  | 'deposit'
  | 'retryCommit'
  | 'retryDepositRelease'
  | 'retryDepositRefund'
  | 'patience'
