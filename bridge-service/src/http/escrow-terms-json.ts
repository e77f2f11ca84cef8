import { z } from 'zod'
import { money } from '../money/money.ts'
import type { Escrow } from '../transfer/hold.ts'
import { amountJson, shownAmount } from './schemas.ts'

export const escrowTerms = z
  .object({
    payer: z.string(),
    payee: z.string(),
    amount: shownAmount,
    refundAfter: z.int().nullable().describe('Unix seconds. From here on anyone may refund a locked escrow to the payer.'),
    hardDeadline: z.int().nullable().describe('Unix seconds. From here on anyone may take the exit of a committed escrow.'),
    onExpiry: z.enum(['refund', 'release']),
  })
  .meta({ id: 'EscrowTerms' })

/** The terms of an escrow as the API shows them, its deadlines as far as they are fixed. */
export const escrowTermsJson = ({ outline, terms }: Escrow): z.output<typeof escrowTerms> => {
  const { payer, payee, currency, amountMinor, onExpiry } = outline
  const { refundAfter = null, hardDeadline = null } = terms ?? {}
  return { payer, payee, amount: amountJson(money(currency, BigInt(amountMinor))), refundAfter, hardDeadline, onExpiry }
}
