import { type Money, money } from '../money/money.ts'

/** `pending` is a hold: it is later posted or voided by an entry that takes it back. */
export type Layer = 'posted' | 'pending'

/** One line of an entry. Debit is positive, credit negative. */
export type Posting = { readonly account: string; readonly amount: Money; readonly layer: Layer }

/** A set of postings that nets to zero per currency and layer; at most one per event of a transfer. */
export type Entry = { readonly kind: string; readonly postings: readonly Posting[] }

/** Credit one account, debit the other. */
export const move = (from: string, to: string, amount: Money, layer: Layer = 'posted'): Posting[] => [
  { account: from, amount: money(amount.currency, -amount.minor), layer },
  { account: to, amount, layer },
]
