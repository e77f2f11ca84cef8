import type { Refund } from './refund.ts'

/** A refund that is this worker's until its next turn comes, or somebody else takes it. */
export type ClaimedRefund = Refund & {
  /** With this one. */
  readonly attempts: number
  /** Rises with every claim: whoever woke up late writes nothing. */
  readonly epoch: number
  readonly ageMs: number
  /**
   * The customer has his debit back, or what had come back of what he was to get has reached him after all: so it must not be paid any more.
   * So long ago anybody took it up who did not have to know.
   */
  readonly withdrawnForMs: number | null
}

/** Port to the refunds that are to be paid. */
export type RefundStore = {
  /**
   * Takes what is due, the longest first. Each claim waits twice as long for the next one, up to a quarter of an hour. What was never tried waits
   * until its pool has enough that is not promised.
   */
  readonly claim: () => Promise<readonly ClaimedRefund[]>
  /** The bank has settled it: its transfer is told in the transaction that says so. Nothing where somebody else has it by now. */
  readonly complete: (refund: ClaimedRefund, bankTransferId: string) => Promise<void>
  /** The bank pays nothing of it, and it can be asked for again. Nothing where somebody else has it by now. */
  readonly fail: (refund: ClaimedRefund, failure: string) => Promise<void>
}

/** So long a claim waits for the next one, the first time; in milliseconds. */
export const refundLeaseMs = 30_000
export const longestRefundWaitMs = 900_000

/** What is told to the transfer of a refund that has settled. */
export const refundNews = ({ id, refundOf, kind, currency, minor, rail }: Refund) => ({
  source: 'command',
  fact: `refund:${id}`,
  subject: refundOf,
  kind: 'operator',
  payload: { input: { type: 'refundSettled', refundId: id, kind, currency, minor }, actor: rail },
})
