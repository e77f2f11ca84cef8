import type { State } from './state.ts'
import type { Transfer, Unborn } from './transfer.ts'

/** What is lent to a tenant: the debit that pays for a delivery can still come back after it. */
export type Advance = {
  /** Of the debit, in minor units of its currency. */
  readonly minor: bigint
  /** When it is final; null: it has not settled yet. */
  readonly returnableUntilMs: number | null
}

const withoutDebit: readonly (State | 'none')[] = ['none', 'failed', 'canceled']

/**
 * What a transfer is lent just now. From its opening on, or many could be opened at once. What has been credited back is lent, too: the bank may
 * give the debit back all the same. What has come back is a receivable, if anything.
 */
export const advanceOf = ({ state, terms, progress: { debit } }: Transfer | Unborn): Advance | undefined => {
  if (!('clearingMs' in terms) || terms.returnableMs === undefined || debit?.returned !== undefined) return undefined
  const minor = BigInt(terms.sourceAmount.minor)
  if (debit?.finalAt !== undefined)
    return { minor, returnableUntilMs: Date.parse(debit.finalAt) - terms.clearingMs + terms.returnableMs }
  return withoutDebit.includes(state) ? undefined : { minor, returnableUntilMs: null }
}

/** What a step makes of it; null: it has ended. */
export const advanceAfter = (before: Transfer | Unborn, after: Transfer): Advance | null | undefined => {
  const [old, now] = [advanceOf(before), advanceOf(after)]
  if (old?.returnableUntilMs === now?.returnableUntilMs && (old === undefined) === (now === undefined)) return undefined
  return now ?? null
}
