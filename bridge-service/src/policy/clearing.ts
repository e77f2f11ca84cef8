import type { Money } from '../money/money.ts'
import type { RailScheme } from '../rails/rail.ts'

/** How long a settled debit can still come back, as far as we let it hold up a release. */
export type ClearingRule = {
  /** Milliseconds from settlement to finality. */
  readonly finalAfterMs: number
  /** Amounts up to here are released at settlement, on our own risk. Minor units. */
  readonly advanceUptoMinor: bigint
}

/** By scheme: book, wire and instant payments cannot be returned; ACH and SEPA debits can (NACHA R10: 60 days; SDD Core: 8 weeks). */
export type ClearingPolicy = Readonly<Record<RailScheme, ClearingRule>>

/** As the terms have it: what is released before it is final says until when it is not. */
type Clearing = { readonly clearingMs: number; readonly returnableMs?: number }

/** `mayAdvance`: whether anything of it may be released on our own risk. */
export const clearingFor = (policy: ClearingPolicy, scheme: RailScheme, amount: Money, mayAdvance: boolean): Clearing => {
  const { finalAfterMs, advanceUptoMinor } = policy[scheme]
  return mayAdvance && finalAfterMs > 0 && amount.minor <= advanceUptoMinor
    ? { clearingMs: 0, returnableMs: finalAfterMs }
    : { clearingMs: finalAfterMs }
}
