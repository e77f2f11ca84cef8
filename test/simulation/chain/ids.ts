import { createHash } from 'node:crypto'
import type { EscrowTerms } from '../escrow-terms.ts'

export const hashOf = (text: string): `0x${string}` => `0x${createHash('sha256').update(text).digest('hex')}`

/** Of one escrow: the same terms make the same id, and no others do. */
export const escrowIdOf = (terms: EscrowTerms): `0x${string}` =>
  hashOf(
    [
      terms.ref,
      terms.currency,
      terms.amountMinor,
      terms.payer,
      terms.payee,
      terms.refundAfter,
      terms.hardDeadline,
      terms.onExpiry,
    ].join('|'),
  )

/** The same for a payment, which has no deadlines. */
export const paymentIdOf = ({ ref, currency, amountMinor, payer }: EscrowTerms): `0x${string}` =>
  hashOf(['payment', ref, currency, amountMinor, payer].join('|'))
