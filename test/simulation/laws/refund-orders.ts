import type { Evidence } from '../evidence.ts'

/** A payment beside a transfer: the bank knows it by a reference of another kind. */
export const isRefund = ({ externalId }: { readonly externalId: string }): boolean => externalId.startsWith('RF')

/**
 * Of refunds whose money the house does not know of: nobody can say whether the bank has paid it, or the bank has taken back that it came back, which
 * is a person's case.
 */
export const unheardRefundKeys = ({ tables, bank }: Evidence): Set<string> => {
  const stands = new Set(bank.orders.filter(({ status }) => status === 'settled').map(({ key }) => key))
  const unheard = tables.refunds.filter(
    ({ state, request }) => state === 'crediting' || (state === 'returned' && stands.has(request.key)),
  )
  return new Set(unheard.map(({ request }) => request.key))
}
