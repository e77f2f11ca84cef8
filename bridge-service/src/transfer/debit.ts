import type { RailFact } from '../rails/rail.ts'
import type { Reading } from './decision.ts'
import { rawCodeOf, type TransferEvent } from './event.ts'
import { changed, happened, nothing } from './reading.ts'
import { readReturnedAgain, wasReversed } from './return-order.ts'
import { isReturned, readReturnReversal } from './return-reversal.ts'
import type { OnrampTerms, RemittanceTerms } from './terms.ts'
import type { TransferOf } from './transfer.ts'

type Debiting = TransferOf<'onramp'> | TransferOf<'remittance'>

/** What a route makes of a debit that has come back, and of one that is asked back. */
export type ReturnReader = { readonly readReturn: () => Reading; readonly readRecall: () => Reading }

/** What the bank says about the customer's debit. What a return means is the route's to say. */
export const readDebit = (
  transfer: Debiting,
  fact: RailFact,
  nowMs: number,
  { readReturn, readRecall }: ReturnReader,
): Reading => {
  const { state, progress, terms } = transfer
  const bankTransferId = fact.bankTransferId
  switch (fact.type) {
    case 'submitted':
      if (state !== 'debiting' || progress.debit?.bankTransferId !== undefined) return nothing('the bank had said so before')
      return happened([{ type: 'debitSubmitted', bankTransferId }], changed('debitFiat', 'IN_FLIGHT'))
    case 'settled': {
      if (state !== 'debiting' && state !== 'failed') return nothing('settled before')
      // The news that overtook this one: what settled has gone back, and a booking now would stand against nothing at the bank.
      if (state === 'failed' && isReturned(transfer)) return nothing('returned before')
      const settled = settlement(terms, fact, nowMs)
      if (state === 'debiting' && progress.cancelReason !== undefined)
        return happened(
          [settled, { type: 'compensationStarted', reason: progress.cancelReason }],
          changed('debitFiat', 'SUCCEEDED'),
        )
      return happened([settled], changed('debitFiat', 'SUCCEEDED'))
    }
    case 'rejected':
      if (state !== 'debiting') return nothing('the debit is over')
      return happened(
        [
          {
            type: 'debitRefused',
            code: progress.debit?.calledBack ? 'debit_overdue' : 'rail_refused',
            detail: fact.rawCode ?? 'no code given',
          },
        ],
        changed('debitFiat', 'FAILED'),
      )
    case 'returned':
      if (wasReversed(progress.debit, fact)) return nothing('the bank has taken that back')
      if (isReturned(transfer)) return readReturnedAgain(progress.debit, fact, 'debitReturnedAgain')
      // The settlement's news was overtaken by the return's: the bank's books are where they were.
      if (state === 'debiting')
        return happened(
          [{ type: 'debitRefused', code: 'debit_returned', detail: fact.rawCode ?? 'no code given', returnedAt: fact.at }],
          changed('debitFiat', 'FAILED'),
        )
      // So was that of a settlement after a refusal, and it is still to come: it must find that there is nothing to book any more.
      if (state === 'failed')
        return happened([{ type: 'debitReturned', rawCode: rawCodeOf(fact), afterPivot: false, at: fact.at }])
      return readReturn()
    case 'recalled': {
      // Before the pivot nothing is lost by giving back what is asked for; later it is delivered, and the bank says whether it returns it.
      if (state === 'requested' || state === 'screened') return nothing('there is no debit')
      const reading = readRecall()
      return 'refusal' in reading ? nothing('it is too late to give it back') : reading
    }
    case 'returnReversed':
      return readReturnReversal(transfer, fact, () => settlement(terms, fact, nowMs))
    case 'arrived':
    case 'arrivalReversed':
      return nothing('it was paid to none of our accounts')
  }
}

const settlement = (terms: OnrampTerms | RemittanceTerms, fact: RailFact, nowMs: number): TransferEvent => {
  const saidMs = Date.parse(fact.at)
  const finalAtMs = (Number.isNaN(saidMs) ? nowMs : saidMs) + terms.clearingMs
  // A late bank may name a day long past: the escrow's deadlines count from now at the earliest.
  const refundAfterMs = Math.max(finalAtMs, nowMs) + terms.hold.softDeadlineMs
  return {
    type: 'debitSettled',
    bankTransferId: fact.bankTransferId,
    settledAt: fact.at,
    finalAt: new Date(finalAtMs).toISOString(),
    refundAfter: Math.floor(refundAfterMs / 1000),
    hardDeadline: Math.floor((refundAfterMs + terms.hold.hardDeadlineMs) / 1000),
  }
}
