import { z } from 'zod'
import { type Currency, currencies } from './money/currency.ts'

// What the parts of the configuration share.

export const currency = z.enum(Object.keys(currencies) as [Currency, ...Currency[]])
export const minor = z.string().regex(/^\d+$/, 'minor units as a decimal string').transform(BigInt)
export const positive = minor.refine(value => value > 0n, 'more than zero')
