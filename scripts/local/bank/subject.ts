import type { Subject } from './faults.ts'
import type { Order } from './order.ts'

/** What faults are matched against, of an order that may not even be a valid one yet. */
export const subjectOf = (order: unknown, event?: string): Subject => {
  const { externalId, direction, rail, counterparty } = (order ?? {}) as Partial<Order>
  return {
    ...(externalId === undefined ? {} : { externalId }),
    ...(direction === undefined ? {} : { direction }),
    ...(rail === undefined ? {} : { rail }),
    ...(counterparty?.accountNumber === undefined ? {} : { accountNumber: counterparty.accountNumber }),
    ...(event === undefined ? {} : { event }),
  }
}
