import type { Currency } from '../money/currency.ts'
import type { Outcome } from '../outcome.ts'

export type RailScheme = 'ach' | 'sepa' | 'sepa_inst' | 'wire' | 'book'

export type Counterparty = {
  readonly name: string
  /** IBAN, or a domestic account number with its routing number. */
  readonly accountNumber: string
  readonly routingNumber?: string
}

/** One payment order to a bank. Plain JSON, so that it can be stored in the intent before anything is sent. */
export type RailOrder = {
  /** Idempotency key: the same key means the same order, for ever. */
  readonly key: string
  /** Our reference at the bank, at most 35 characters (ISO 20022 Max35Text). */
  readonly externalId: string
  /** Seen from the bridge: `debit` pulls money from the counterparty, `credit` pays it. */
  readonly direction: 'debit' | 'credit'
  readonly scheme: RailScheme
  /** Minor units as a decimal string. */
  readonly amountMinor: string
  readonly currency: Currency
  /** The bridge's own account at the bank. */
  readonly account: string
  readonly counterparty: Counterparty
  readonly description: string
  /** The counterparty is we ourselves, at another bank of ours: where a line of its statement shows the arrival. The bank is not told. */
  readonly arrivesAt?: { readonly rail: string; readonly account: string }
}

/** A wish that a bank gives up an order that has not settled. */
export type RailCancel = { readonly key: string; readonly bankTransferId: string }

/** Where a bank says that an order stands. */
export type RailStatus = 'submitted' | 'settled' | 'rejected' | 'returned'

/**
 * What a bank has said about an order; an append-only log. The bank's own code stands beside the normalised type. `returnReversed`: it has
 * taken a return back, so that what had settled stands. `recalled`: the payer's bank asks for what has settled, and nothing has moved yet
 * (SEPA: a request for cancellation, camt.056). `arrived` and `arrivalReversed`: our account at another bank shows what the order sent to it,
 * or no longer does.
 */
export type RailFact = {
  readonly type: RailStatus | 'returnReversed' | 'recalled' | 'arrived' | 'arrivalReversed'
  readonly bankTransferId: string
  readonly externalId: string
  readonly rawCode?: string
  /** ISO 8601, the bank's time. */
  readonly at: string
}

/** The order as the bank holds it. */
export type RailTransfer = {
  readonly bankTransferId: string
  readonly externalId: string
  readonly status: RailStatus
  readonly rawCode?: string
  /** ISO 8601, the bank's time of its status, where it tells. */
  readonly at?: string
}

/** A line of the bridge's own account. Positive is money in. */
export type StatementLine = {
  readonly cursor: string
  readonly bankTransferId: string
  readonly externalId: string
  readonly amountMinor: string
  readonly currency: Currency
  /** ISO 8601, the bank's time: a date alone, or its midnight, where it tells no more than the day. */
  readonly at: string
}

export type RailCapabilities = {
  readonly schemes: readonly RailScheme[]
  readonly currencies: readonly Currency[]
}

/** A verified webhook: `id` names the delivery's message, the same on every redelivery. */
export type RailWebhook = { readonly id: string; readonly fact: RailFact }

/**
 * Port to a bank. What moves money never throws for what a bank may answer: refusals and silence are outcomes.
 * `balance` and `entries` only read, so they throw `rail_unavailable` and are asked again.
 */
export type Rail = {
  readonly id: string
  readonly capabilities: RailCapabilities
  /** `done` says that the bank holds the order, whatever its status: a `rejected` one is `done` too, and the caller decides. */
  readonly submit: (order: RailOrder) => Promise<Outcome<RailTransfer>>
  /** Asks for the truth by key, then by external id. `refused` with code `not_found` means that the bank never took the order. */
  readonly query: (reference: { key: string; externalId: string }) => Promise<Outcome<RailTransfer>>
  /** Only before settlement: `refused` with the bank's code when it is too late, `not_found` when there is no such transfer. */
  readonly cancel: (bankTransferId: string) => Promise<Outcome<RailTransfer>>
  /** The booked balance, without what is on its way. */
  readonly balance: (account: string) => Promise<{ amountMinor: string; currency: Currency }>
  /**
   * One page of the statement, oldest first, behind the line whose cursor is `after`. `next` is there while more lines wait; a reader
   * that has caught up keeps the cursor of its last line. An account's opening balance is a line with the external id `opening`.
   */
  readonly entries: (account: string, after?: string) => Promise<{ lines: StatementLine[]; next?: string }>
  /** Throws `signature_invalid`, and `request_invalid` when the bank signed something that we cannot read. Header names in lower case. */
  readonly verifyWebhook: (headers: Record<string, string | undefined>, rawBody: string) => RailWebhook
}
