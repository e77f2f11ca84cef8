import type { Evidence } from '../evidence.ts'

/** A payment beside a transfer: the bank knows it by a reference of another kind. */
export const isRefund = ({ externalId }: { readonly externalId: string }): boolean => externalId.startsWith('RF')

/**
 * Of refunds whose money the house does not know of: nobody can say whether the bank has paid it, or the bank has taken back that it came back, which
 * is a person's case.
 */
export const unheardRefundKeys = ({ tables, bank }: Evidence): Set<string> => {
  const stands = new Set(bank.orders.filter(({ status }) => status === 'settled').map(({ key }) => key))
  // Whoever asks late hears of no payment at all, only that it came back.
  const cameBack = new Set(
    bank.orders.filter(({ id }) => bank.lines.filter(line => line.orderId === id).length > 2).map(({ key }) => key),
  )
  const unheard = tables.refunds.filter(
    ({ state, request: { key } }) =>
      state === 'crediting' || (stands.has(key) && (state === 'returned' || (state === 'failed' && cameBack.has(key)))),
  )
  return new Set(unheard.map(({ request }) => request.key))
}
