import type { RailFact } from '../rails/rail.ts'
import type { ChainPlace } from './event.ts'

export type Step = 'screen' | 'debitFiat' | 'lockEscrow' | 'releaseEscrow' | 'refundEscrow' | 'creditFiat'

/** What an intent's executor or resolver found out. `attempt` names the attempt group, so a late answer to an old wish is recognised. */
export type IntentInput =
  | { readonly type: 'screened'; readonly list: string; readonly availableMinor: bigint }
  | { readonly type: 'railAnswered'; readonly step: 'debitFiat' | 'creditFiat'; readonly fact: RailFact }
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
  | 'deliveryClaimed'
  | 'deliveryReclaimed'

/** Everything that can move a transfer. */
export type Input =
  | IntentInput
  /** A bank's webhook or statement about one of our orders. */
  | { readonly type: 'railFact'; readonly step: 'debitFiat' | 'creditFiat'; readonly fact: RailFact }
  /** The current truth of one fact on a chain. */
  | {
      readonly type: 'chainFact'
      readonly kind: ChainFactKind
      readonly status: 'included' | 'orphaned'
      readonly place: ChainPlace
    }
  | { readonly type: 'finalityReached'; readonly kind: 'lock' | 'release' | 'refund'; readonly fact: string }
  | { readonly type: 'deadlineReached'; readonly kind: TimerKind }
  | { readonly type: 'cancelCommand'; readonly reason: string }

export type TimerKind = 'clearing' | 'retryRelease' | 'retryRefund'
