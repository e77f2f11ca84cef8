import { type Outcome, refused, unknown } from '../outcome.ts'
import type { Rail, RailOrder, RailTransfer } from './rail.ts'

/** Banks keep keys for a day at least, and may prune them from then on. */
const defaultKeyRetentionMs = 20 * 3_600_000

/** What was under way to the bank when it was withdrawn has arrived by then, and its answer that it has nothing counts. */
const arrivedAfterMs = 300_000

export type Sending = {
  /** Whether somebody may have sent it before: then the bank is asked first. */
  readonly tried: boolean
  readonly ageMs: number
  /** Set of an order that must not be paid any more, for so long: the bank is asked about it, and nothing is sent. */
  readonly withdrawnForMs?: number | undefined
  /** How long the bank keeps keys: after that an order is asked about and never sent again. */
  readonly keyRetentionMs?: number | undefined
}

type Sent = Outcome<RailTransfer> | { readonly kind: 'forgotten' }

/**
 * Gets an order to a bank once. What may have been sent is asked about, and sent again (the same key, the same text) only when the bank says
 * that it never got it and its word on that still counts. `forgotten`: it does not any more, and a person must look. One that is withdrawn is
 * refused with `withdrawn` when the bank never got it; what it has and has not settled, it is asked to give up.
 */
export const sendOnce = async (rail: Rail, order: RailOrder, sending: Sending): Promise<Sent> => {
  const { tried, ageMs, withdrawnForMs, keyRetentionMs = defaultKeyRetentionMs } = sending
  if (withdrawnForMs !== undefined && !tried) return neverGot
  if (tried) {
    const found = await rail.query({ key: order.key, externalId: order.externalId })
    if (found.kind !== 'refused' || found.code !== 'not_found') return withdrawnForMs === undefined ? found : givenUp(rail, found)
    if (ageMs > keyRetentionMs) return { kind: 'forgotten' }
    if (withdrawnForMs !== undefined) return withdrawnForMs < arrivedAfterMs ? unknown('it may still arrive') : neverGot
  }
  return rail.submit(order)
}

const neverGot = refused('withdrawn', 'the bank never got it')

/** The order as it is after the bank was asked to give it up, or as it was when it would not. */
const givenUp = async (rail: Rail, found: Outcome<RailTransfer>): Promise<Outcome<RailTransfer>> => {
  if (found.kind !== 'done' || found.value.status !== 'submitted') return found
  const answer = await rail.cancel(found.value.bankTransferId)
  return answer.kind === 'done' ? answer : found
}
