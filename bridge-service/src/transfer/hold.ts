import type { HoldTerms } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Transfer } from './transfer.ts'

/** The escrow's terms, complete once the debit has settled. The same transfer always gives the same terms, and so the same escrow id. */
export const holdTermsOf = ({ id, terms, progress }: Transfer): HoldTerms => {
  const { refundAfter, hardDeadline } = progress.debit ?? {}
  if (refundAfter === undefined || hardDeadline === undefined)
    throw new BridgeError('internal', { transfer: id, reason: 'no escrow terms before the debit has settled' })
  const { ref, currency, amountMinor, payer, payee, onExpiry } = terms.hold
  return { ref, currency, amountMinor, payer, payee, refundAfter, hardDeadline, onExpiry }
}
