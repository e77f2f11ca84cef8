import type { Currency } from '../money/currency.ts'
import type { RailFact } from '../rails/rail.ts'
import type { AttentionReason } from './patience.ts'

/** Where on the chain an observation was made. */
export type ChainPlace = {
  /** The inbox fact: `<tx hash>:<ordinal in the tx>`. */
  readonly fact: string
  readonly txHash: string
  readonly blockNumber: string
  readonly blockHash: string
}

type Refused = { readonly code: string; readonly detail: string }

/** How a person has ended what the machine could not. */
export type Resolution = {
  /** What it comes to for the customer. */
  readonly outcome: 'completed' | 'compensated' | 'failed'
  /** What the person has seen. */
  readonly evidence: string
  /** Where a document lies that shows it. */
  readonly document: string | null
  /** What the transfer had left open in the books, and where it goes. Debit positive, in minor units as a decimal string. */
  readonly closing: readonly {
    readonly account: string
    readonly into: string
    readonly currency: Currency
    readonly minor: string
  }[]
}

/** A refund that the bank has settled. `owed`: it pays what the transfer has left open; `goodwill`: it is a gift of ours. */
export type PaidRefund = {
  readonly refundId: string
  readonly kind: 'owed' | 'goodwill'
  readonly currency: Currency
  /** Minor units as a decimal string. */
  readonly minor: string
}

/** What has happened, in the past tense. The payloads are plain JSON, kept for ever. */
export type TransferEvent =
  | { readonly type: 'transferRequested' }
  | { readonly type: 'screeningPassed'; readonly list: string }
  | ({ readonly type: 'screeningRefused' } & Refused)
  | { readonly type: 'liquidityReserved' }
  /** The stablecoins will be minted into the escrow, so nothing is reserved. */
  | { readonly type: 'mintPlanned' }
  | ({ readonly type: 'liquidityRefused' } & Refused)
  | { readonly type: 'debitSubmitted'; readonly bankTransferId: string }
  | { readonly type: 'debitUnknown'; readonly detail: string }
  | {
      readonly type: 'debitSettled'
      readonly bankTransferId: string
      readonly settledAt: string
      readonly finalAt: string
      /** Unix seconds: the escrow's soft and hard deadline, fixed here because the lock follows from this event. */
      readonly refundAfter: number
      readonly hardDeadline: number
    }
  | ({
      readonly type: 'debitRefused'
      /** The bank's time, ISO 8601, of the return that has overtaken all other news. */
      readonly returnedAt?: string
    } & Refused)
  /** `afterPivot`: the stablecoins were on their way, so the loss is a receivable and no rollback. */
  | {
      readonly type: 'debitReturned'
      readonly rawCode: string | null
      readonly afterPivot: boolean
      /** The bank's time, ISO 8601. Absent in histories of definitions before 5. */
      readonly at?: string
    }
  /** A later return of what is known to have come back: the reversal between the two is still to come, and counts for nothing. `at`: as above. */
  | { readonly type: 'debitReturnedAgain'; readonly at: string }
  /** The bank has taken the return back. `at`: the bank's time, ISO 8601. */
  | { readonly type: 'debitReturnReversed'; readonly at: string }
  | { readonly type: 'receivableOpened' }
  /** The return that it was for, or that had brought the transfer to a person, was taken back. */
  | { readonly type: 'receivableClosed' }
  /** What the bank had given back itself is with us again, and is to be credited. */
  | { readonly type: 'creditOwed' }
  | ({ readonly type: 'escrowLocked' } & ChainPlace)
  | { readonly type: 'lockOrphaned'; readonly fact: string }
  | { readonly type: 'lockFinalized' }
  | ({ readonly type: 'lockRefused' } & Refused)
  | { readonly type: 'clearingPassed' }
  | ({ readonly type: 'escrowReleased' } & ChainPlace)
  | { readonly type: 'releaseOrphaned'; readonly fact: string }
  | { readonly type: 'releaseFinalized' }
  | ({ readonly type: 'releaseRefused' } & Refused)
  | { readonly type: 'releaseRetried' }
  | { readonly type: 'cancelRequested'; readonly reason: string }
  | { readonly type: 'transferCanceled'; readonly reason: string }
  | { readonly type: 'compensationStarted'; readonly reason: string }
  | ({ readonly type: 'escrowRefunded' } & ChainPlace)
  | { readonly type: 'refundOrphaned'; readonly fact: string }
  | { readonly type: 'refundFinalized' }
  | ({ readonly type: 'refundRefused' } & Refused)
  | { readonly type: 'refundRetried' }
  /** The token's issuer took the stablecoins out of the escrow. */
  | ({ readonly type: 'escrowClawedBack' } & ChainPlace)
  /** What was released to a customer who could not hold it, and who never fetched it, is ours again. */
  | ({ readonly type: 'deliveryReclaimed' } & ChainPlace)
  | { readonly type: 'creditSubmitted'; readonly bankTransferId: string }
  | { readonly type: 'creditUnknown'; readonly detail: string }
  | { readonly type: 'creditSettled'; readonly bankTransferId: string }
  | ({ readonly type: 'creditRefused' } & Refused)
  /** `at`: the bank's time, ISO 8601. Absent in histories of definitions before 8. */
  | { readonly type: 'creditReturned'; readonly rawCode: string | null; readonly at?: string }
  /** As `debitReturnedAgain`. */
  | { readonly type: 'creditReturnedAgain'; readonly at: string }
  /** The bank has taken the return back: the customer has been credited after all. `at`: the bank's time, ISO 8601. */
  | { readonly type: 'creditReturnReversed'; readonly bankTransferId: string; readonly at: string }
  | { readonly type: 'transferCompensated' }
  /** Nothing was paid out for what its issuer took, and nothing is owed. */
  | { readonly type: 'transferFailed' }
  /** The customer's own lock, or what he sent us by its reference. */
  | ({ readonly type: 'depositLocked' } & ChainPlace)
  | { readonly type: 'depositOrphaned'; readonly fact: string }
  | { readonly type: 'depositFinalized' }
  /** Nothing came in time, or what had come is gone from the chain and can come no more. */
  | { readonly type: 'depositExpired' }
  /** Only our own keys can move the escrow, so our word is enough. */
  | { readonly type: 'commitSkipped' }
  /** The token's issuer took the customer's own escrow. */
  | ({ readonly type: 'depositClawedBack' } & ChainPlace)
  | ({ readonly type: 'escrowCommitted' } & ChainPlace)
  | { readonly type: 'commitOrphaned'; readonly fact: string }
  | {
      readonly type: 'commitFinalized'
      /** Unix seconds, of a crosschain transfer: the deadlines of the escrow on the other chain, fixed here because its lock follows. */
      readonly refundAfter?: number
      readonly hardDeadline?: number
    }
  | ({ readonly type: 'commitRefused' } & Refused)
  | { readonly type: 'commitRetried' }
  | { readonly type: 'payoutSubmitted'; readonly bankTransferId: string }
  | { readonly type: 'payoutUnknown'; readonly detail: string }
  | { readonly type: 'payoutSettled'; readonly bankTransferId: string }
  | ({ readonly type: 'payoutRefused' } & Refused)
  /** `at`: the bank's time, ISO 8601. Absent in histories of definitions before 8, but for a rebalance's. */
  | { readonly type: 'payoutReturned'; readonly rawCode: string | null; readonly at?: string }
  /** As `debitReturnedAgain`. */
  | { readonly type: 'payoutReturnedAgain'; readonly at: string }
  /** The bank has taken the return back: what was paid out is gone again. `at`: the bank's time, ISO 8601. */
  | { readonly type: 'payoutReturnReversed'; readonly bankTransferId: string; readonly at: string }
  /** Our account at the other bank shows what was sent to it. `at`: the bank's time, ISO 8601. */
  | { readonly type: 'moneyArrived'; readonly at: string }
  /** The other bank has taken it from our account again. */
  | { readonly type: 'arrivalReversed'; readonly at: string }
  /** Both banks say that it is where it was to go. */
  | { readonly type: 'transferCompleted' }
  /** A person takes into his hands what the machine still waits for. */
  | { readonly type: 'reviewOpened'; readonly reason: string }
  /** The deposit is the treasury's. */
  | ({ readonly type: 'depositReleased' } & ChainPlace)
  | { readonly type: 'depositReleaseOrphaned'; readonly fact: string }
  | { readonly type: 'depositReleaseFinalized' }
  | ({ readonly type: 'depositReleaseRefused' } & Refused)
  | { readonly type: 'depositReleaseRetried' }
  /** The deposit is the customer's again. */
  | ({ readonly type: 'depositRefunded' } & ChainPlace)
  | { readonly type: 'depositRefundOrphaned'; readonly fact: string }
  | { readonly type: 'depositRefundFinalized' }
  | ({ readonly type: 'depositRefundRefused' } & Refused)
  | { readonly type: 'depositRefundRetried' }
  /** A payment beside it has given some of it back. */
  | ({ readonly type: 'refundPaid' } & PaidRefund)
  /** The bank has sent it back. */
  | ({ readonly type: 'refundReturned' } & PaidRefund)
  /** A person has ended it, out of `review`. */
  | ({ readonly type: 'transferResolved' } & Resolution)
  /** It has taken too long, or something cannot be decided here: a person must look. The money stays where it is. `since`: ISO 8601. */
  | { readonly type: 'attentionRequired'; readonly why: AttentionReason; readonly since: string }
  /** The debit has not settled in time, and the bank is asked to give it up. */
  | { readonly type: 'debitCalledBack'; readonly bankTransferId: string }

export type EventType = TransferEvent['type']

/** A rail fact's code as events carry it. */
export const rawCodeOf = (fact: RailFact): string | null => fact.rawCode ?? null
