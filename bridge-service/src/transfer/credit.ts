import type { RailFact } from '../rails/rail.ts'
import type { Reading } from './decision.ts'
import { rawCodeOf, type TransferEvent } from './event.ts'
import { changed, happened, nothing } from './reading.ts'
import type { Transfer } from './transfer.ts'

type Crediting = Pick<Transfer, 'state' | 'progress'>

/** What the bank says about the credit that gives a customer his fiat back. */
export const readCredit = ({ state, progress }: Crediting, fact: RailFact): Reading => {
  const bankTransferId = fact.bankTransferId
  const detail = fact.rawCode ?? 'no code given'
  switch (fact.type) {
    case 'submitted':
      if (state !== 'crediting' || progress.credit?.bankTransferId !== undefined) return nothing('the bank had said so before')
      return happened([{ type: 'creditSubmitted', bankTransferId }], changed('creditFiat', 'IN_FLIGHT'))
    case 'settled':
      if (!creditIsOpen({ state, progress })) return nothing('settled before')
      if (state === 'review') return happened([{ type: 'creditSettled', bankTransferId }], changed('creditFiat', 'SUCCEEDED'))
      return happened(
        [{ type: 'creditSettled', bankTransferId }, { type: 'transferCompensated' }],
        changed('creditFiat', 'SUCCEEDED'),
      )
    case 'rejected':
      if (!creditIsOpen({ state, progress })) return nothing('the credit is over')
      return happened([{ type: 'creditRefused', code: 'rail_refused', detail }], changed('creditFiat', 'FAILED'))
    case 'returned':
      if (state !== 'crediting' && state !== 'compensated' && state !== 'review') return nothing('the credit is over')
      if (progress.credit?.returned) return nothing('returned before')
      return happened([{ type: 'creditReturned', rawCode: rawCodeOf(fact) }], changed('creditFiat', 'FAILED'))
    case 'recalled':
      return nothing('nobody asks us for what we have paid back')
    case 'returnReversed':
      return nothing('a person has what came back')
    case 'arrived':
    case 'arrivalReversed':
      return nothing('it was paid to none of our accounts')
  }
}

/** The bank may still settle or refuse it. One that came back before we heard of its settlement is over. */
export const creditIsOpen = ({ state, progress: { credit } }: Crediting): boolean =>
  (state === 'crediting' || state === 'review') && !credit?.settled && !credit?.returned

/** A debit that the bank took back itself leaves nothing to credit. */
export const ifNothingToPayBack = ({ debit }: Transfer['progress']): TransferEvent[] =>
  debit?.returned === undefined ? [] : [{ type: 'transferCompensated' }]
