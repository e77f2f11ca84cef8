import type { Currency } from '../money/currency.ts'
import type { RailOrder } from '../rails/rail.ts'

/** A payment back to a customer, beside the transfer that it gives back of. */
export type Refund = {
  readonly id: string
  readonly refundOf: string
  readonly tenant: string
  /** `owed`: of what the transfer has left open; `goodwill`: a gift of ours, by two operators. */
  readonly kind: 'owed' | 'goodwill'
  readonly reason: string
  readonly requestedBy: string
  readonly currency: Currency
  /** Minor units as a decimal string. */
  readonly minor: string
  readonly rail: string
  readonly request: RailOrder
  readonly state: 'requested' | 'crediting' | 'completed' | 'returned' | 'failed'
  readonly bankTransferId: string | null
  readonly failure: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export const refundColumns = `r.id, r.refund_of as "refundOf", r.tenant, r.kind, r.reason, r.requested_by as "requestedBy", r.currency,
  r.minor::text as minor, r.rail, r.request, r.state, r.bank_transfer_id as "bankTransferId", r.failure, r.created_at as "createdAt",
  r.updated_at as "updatedAt"`
