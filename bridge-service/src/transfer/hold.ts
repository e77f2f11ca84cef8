import type { ChainId, HoldTerms } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import type { Deposit, Terms, TreasuryHold } from './terms.ts'
import type { Transfer } from './transfer.ts'

/** The escrow that the treasury pays into, of the routes that have one. */
export const holdOf = (terms: Terms): TreasuryHold | undefined => ('hold' in terms ? terms : undefined)

/** The customer's own escrow, of the routes that have one. */
export const depositOf = (terms: Terms): Deposit | undefined => ('deposit' in terms ? terms.deposit : undefined)

/** The terms that the address of a deposit follows from: as if the customer locked by himself. Undefined where he does. */
export const addressTermsOf = ({ terms, refundTo }: Deposit): HoldTerms | undefined =>
  refundTo === undefined ? undefined : { ...terms, payer: refundTo }

/** What every event of a transfer on a chain carries: of both its escrows, where it has two. Null for one that no chain has a part in. */
export const refOf = (terms: Terms): `0x${string}` | null =>
  'hold' in terms ? terms.hold.ref : 'deposit' in terms ? terms.deposit.terms.ref : null

/**
 * The terms of the treasury's escrow, complete once its deadlines are fixed (by the debit's settlement, or by the commit of a deposit) and
 * undefined before. The same transfer always gives the same terms, and so the same escrow id.
 */
export const findHoldTerms = ({ terms, progress }: Pick<Transfer, 'terms' | 'progress'>): HoldTerms | undefined => {
  const { refundAfter, hardDeadline } = progress.holdDeadlines ?? progress.debit ?? {}
  if (!('hold' in terms) || refundAfter === undefined || hardDeadline === undefined) return undefined
  const { ref, currency, amountMinor, payer, payee, onExpiry } = terms.hold
  return { ref, currency, amountMinor, payer, payee, refundAfter, hardDeadline, onExpiry }
}

/** The same, for a step that can only come after the deadlines are fixed. */
export const holdTermsOf = (transfer: Transfer): HoldTerms => {
  const hold = findHoldTerms(transfer)
  if (hold === undefined)
    throw new BridgeError('internal', { transfer: transfer.id, reason: 'no escrow terms without deadlines' })
  return hold
}

/** The terms of the customer's escrow, for a step that only a route with a deposit has. */
export const depositTermsOf = ({ id, terms }: Transfer): HoldTerms => {
  const deposit = depositOf(terms)
  if (deposit === undefined) throw new BridgeError('internal', { transfer: id, reason: 'no deposit in this route' })
  return deposit.terms
}

/** One escrow of a transfer. `terms` are undefined until all of them are fixed. */
export type Escrow = {
  readonly role: 'hold' | 'deposit'
  readonly chain: ChainId
  readonly outline: Omit<HoldTerms, 'refundAfter' | 'hardDeadline'>
  readonly terms: HoldTerms | undefined
}

/** A transfer's escrows, in the order in which they are locked. */
export const escrowsOf = (transfer: Pick<Transfer, 'terms' | 'progress'>): Escrow[] => {
  const deposit = depositOf(transfer.terms)
  const treasury = holdOf(transfer.terms)
  return [
    ...(deposit ? [{ role: 'deposit', chain: deposit.chain, outline: deposit.terms, terms: deposit.terms } as const] : []),
    ...(treasury
      ? [{ role: 'hold', chain: treasury.chain, outline: treasury.hold, terms: findHoldTerms(transfer) } as const]
      : []),
  ]
}
