import type { RailFact } from '../rails/rail.ts'
import type { Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'
import { happened, nothing } from './reading.ts'
import type { Progress } from './transfer.ts'

/**
 * The bank's times, ISO 8601, of the latest return of a payment and of its latest reversal. Their news come in any order, so what counts is the
 * latest of them by the bank's clock; of two of one time it is the reversal, which follows its return.
 */
type Returns = { readonly returnedAt?: string; readonly reversedAt?: string } | undefined

/** News that are no later than the latest reversal: a return that it has taken back, or that reversal itself, or one before it. */
export const wasReversed = (payment: Returns, { at }: RailFact): boolean =>
  payment?.reversedAt !== undefined && !(Date.parse(at) > Date.parse(payment.reversedAt))

/** A reversal that another return has followed. */
export const wasReturnedSince = (payment: Returns, { at }: RailFact): boolean =>
  payment?.returnedAt !== undefined && Date.parse(at) < Date.parse(payment.returnedAt)

/** A return of what is known to have come back that is another one. What a machine before this one has kept has no time. */
export const isLaterReturn = (payment: Returns, { at }: RailFact): boolean =>
  payment?.returnedAt !== undefined && Date.parse(at) > Date.parse(payment.returnedAt)

/** What came back cannot come back once more, unless the bank had it taken back between: the last of its words is to stand. */
export const readReturnedAgain = (
  payment: Returns,
  fact: RailFact,
  type: 'debitReturnedAgain' | 'creditReturnedAgain' | 'payoutReturnedAgain',
): Reading => (isLaterReturn(payment, fact) ? happened([{ type, at: fact.at }]) : nothing('returned before'))

/** The bank has taken back the return of what we have paid. */
export type Reversal = Extract<TransferEvent, { type: 'creditReturnReversed' | 'payoutReturnReversed' }>

/**
 * The reversal of a return of what we have paid. `standsAgain` reads it where the return is known, and `settle` the settlement, for a bank whose
 * earlier news have all been overtaken.
 */
export const readReversal = (
  payment: Progress['credit'] | Progress['payout'],
  fact: RailFact,
  type: Reversal['type'],
  standsAgain: (reversed: Reversal) => Reading,
  settle: () => Reading,
): Reading => {
  if (wasReversed(payment, fact)) return nothing('known before')
  if (wasReturnedSince(payment, fact)) return nothing('it has been returned again since')
  const reversed: Reversal = { type, bankTransferId: fact.bankTransferId, at: fact.at }
  if (payment?.returned) return standsAgain(reversed)
  if (payment?.settled) return happened([reversed])
  const settled = settle()
  return 'events' in settled ? { ...settled, events: [...settled.events, reversed] } : settled
}
