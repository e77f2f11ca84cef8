import type { Order } from './order.ts'

type TransferStatus = 'submitted' | 'settled' | 'rejected' | 'returned'

export type Transfer = Order & {
  readonly id: string
  readonly status: TransferStatus
  /** Why it was rejected or returned: the rail's own code (`R01`, `AC04`), or `CANC` after a cancellation. */
  readonly returnCode?: string
  /** It was returned once, and the return was taken back: it stands. */
  readonly returnReversed?: true
  readonly createdAt: string
  readonly updatedAt: string
}

export type Account = {
  readonly id: string
  readonly currency: string
  /** `bank` accounts are the other side of opening balances, so that the books sum to zero. */
  readonly owner: 'bridge' | 'counterparty' | 'bank'
}

/** Positive is money that the account's holder gets. */
export type EntryLine = { readonly accountId: string; readonly currency: string; readonly amountMinor: string }

/** What will become of an accepted transfer. `settleAt` is null when only an administrator settles it. */
export type Plan = {
  readonly settleAt: string | null
  readonly rejectCode?: string
  readonly returnAfter?: { readonly code: string; readonly ms: number }
}

/** One fact, one line of the journal. The bank's whole memory is the fold of these, so a restart forgets nothing. */
export type BankRecord =
  | { readonly type: 'accountOpened'; readonly at: string; readonly account: Account; readonly entry: readonly EntryLine[] }
  | { readonly type: 'accountFunded'; readonly at: string; readonly entry: readonly EntryLine[] }
  | {
      readonly type: 'transferAccepted'
      readonly at: string
      readonly key: string
      readonly fingerprint: string
      readonly transfer: Transfer
      readonly plan: Plan
    }
  /** A second key brought the same order: it names the first transfer from now on. */
  | { readonly type: 'keyAliased'; readonly at: string; readonly key: string; readonly fingerprint: string; readonly id: string }
  | {
      readonly type: 'transferSettled'
      readonly at: string
      readonly id: string
      readonly entry: readonly EntryLine[]
      readonly willReturn?: { readonly code: string; readonly at: string }
    }
  | { readonly type: 'transferRejected'; readonly at: string; readonly id: string; readonly code: string }
  | {
      readonly type: 'transferReturned'
      readonly at: string
      readonly id: string
      readonly code: string
      readonly entry: readonly EntryLine[]
    }
  /** The payer's bank asks for it back. Nothing moves. */
  | { readonly type: 'transferRecalled'; readonly at: string; readonly id: string }
  | { readonly type: 'transferReturnReversed'; readonly at: string; readonly id: string; readonly entry: readonly EntryLine[] }
  | {
      readonly type: 'webhookClosed'
      readonly at: string
      readonly messageId: string
      readonly how: 'delivered' | 'dropped' | 'exhausted'
    }
