import { z } from 'zod'

/** A money order as it arrives at `POST /v1/transfers`. Amounts are minor units as decimal strings. */
export const orderSchema = z
  .strictObject({
    /** ISO 20022 Max35Text. */
    externalId: z.string().regex(/^[\x20-\x7e]{1,35}$/),
    /** Seen from our customer's account: `debit` pulls money in from the counterparty, `credit` pays it out. */
    direction: z.enum(['credit', 'debit']),
    rail: z.enum(['ach', 'sepa', 'sepa_inst', 'wire', 'book']),
    amount: z.string().regex(/^[1-9]\d{0,17}$/),
    currency: z.string().regex(/^[A-Z]{3}$/),
    account: z.string().min(1).max(64),
    counterparty: z.strictObject({
      name: z.string().min(1).max(140),
      accountNumber: z.string().regex(/^[A-Za-z0-9]{4,34}$/),
      routingNumber: z
        .string()
        .regex(/^\d{9}$/)
        .optional(),
    }),
    description: z.string().max(140).optional(),
  })
  .refine(order => order.rail !== 'ach' || order.counterparty.routingNumber !== undefined, {
    path: ['counterparty', 'routingNumber'],
    error: 'required for ach',
  })

export type Order = z.infer<typeof orderSchema>
export type BankRail = Order['rail']
