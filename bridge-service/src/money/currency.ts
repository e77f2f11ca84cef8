/**
 * Every currency the house can book, with the number of decimals of its minor unit (ISO 4217; the issuer's own for tokens), and what a unit of a
 * token is redeemed for.
 */
export const currencies = {
  USD: { decimals: 2, kind: 'fiat' },
  EUR: { decimals: 2, kind: 'fiat' },
  GBP: { decimals: 2, kind: 'fiat' },
  USDC: { decimals: 6, kind: 'token', worth: 'USD' },
  EURC: { decimals: 6, kind: 'token', worth: 'EUR' },
} as const

export type Currency = keyof typeof currencies

export const isCurrency = (code: string): code is Currency => Object.hasOwn(currencies, code)

export const decimalsOf = (currency: Currency): number => currencies[currency].decimals

/** What a unit of it is worth one of: a token what it is redeemed for, fiat itself. */
export const worthOf = (currency: Currency): Currency => {
  const known = currencies[currency]
  return 'worth' in known ? known.worth : currency
}
