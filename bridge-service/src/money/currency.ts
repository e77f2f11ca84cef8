/** Every currency the house can book, with the number of decimals of its minor unit (ISO 4217; the issuer's own for tokens). */
export const currencies = {
  USD: { decimals: 2, kind: 'fiat' },
  EUR: { decimals: 2, kind: 'fiat' },
  GBP: { decimals: 2, kind: 'fiat' },
  USDC: { decimals: 6, kind: 'token' },
  EURC: { decimals: 6, kind: 'token' },
} as const

export type Currency = keyof typeof currencies

export const isCurrency = (code: string): code is Currency => Object.hasOwn(currencies, code)

export const decimalsOf = (currency: Currency): number => currencies[currency].decimals
