import type { HoldTerms } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Transfer } from './transfer.ts'

/**
 * The escrow's terms, complete once the debit has settled and undefined before. The same transfer always gives the same terms, and so
 * the same escrow id.
 */
export const findHoldTerms = ({ terms, progress }: Pick<Transfer, 'terms' | 'progress'>): HoldTerms | undefined => {
  const { refundAfter, hardDeadline } = progress.debit ?? {}
  if (refundAfter === undefined || hardDeadline === undefined) return undefined
  const { ref, currency, amountMinor, payer, payee, onExpiry } = terms.hold
  return { ref, currency, amountMinor, payer, payee, refundAfter, hardDeadline, onExpiry }
}

/** The same, for a step that can only come after the settlement. */
export const holdTermsOf = (transfer: Transfer): HoldTerms => {
  const hold = findHoldTerms(transfer)
  if (hold === undefined)
    throw new BridgeError('internal', { transfer: transfer.id, reason: 'no escrow terms before the debit has settled' })
  return hold
}
