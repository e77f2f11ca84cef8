import type { Outcome } from '../outcome.ts'
import type { Rail, RailOrder, RailTransfer } from './rail.ts'

/** Banks keep keys for a day at least, and may prune them from then on. */
const defaultKeyRetentionMs = 20 * 3_600_000

export type Sending = {
  /** Whether somebody may have sent it before: then the bank is asked first. */
  readonly tried: boolean
  readonly ageMs: number
  /** How long the bank keeps keys: after that an order is asked about and never sent again. */
  readonly keyRetentionMs?: number | undefined
}

/**
 * Gets an order to a bank once. What may have been sent is asked about, and sent again (the same key, the same text) only when the bank says
 * that it never got it and its word on that still counts. `forgotten`: it does not any more, and a person must look.
 */
export const sendOnce = async (
  rail: Rail,
  order: RailOrder,
  { tried, ageMs, keyRetentionMs = defaultKeyRetentionMs }: Sending,
): Promise<Outcome<RailTransfer> | { readonly kind: 'forgotten' }> => {
  if (tried) {
    const found = await rail.query({ key: order.key, externalId: order.externalId })
    if (found.kind !== 'refused' || found.code !== 'not_found') return found
    if (ageMs > keyRetentionMs) return { kind: 'forgotten' }
  }
  return rail.submit(order)
}
