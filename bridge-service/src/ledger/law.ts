/** One law of the ledger, and whether it holds. Amounts in the detail are minor units as decimal strings. */
export type Law = { readonly name: string; readonly ok: boolean; readonly detail: Readonly<Record<string, unknown>> }

export const minorTexts = (amounts: Record<string, bigint>): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount.toString()]))
