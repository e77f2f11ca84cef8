import type { RailFact } from '../rails/rail.ts'
import type { Reading } from './decision.ts'
import { rawCodeOf, type TransferEvent } from './event.ts'
import { changed, happened, nothing } from './reading.ts'
import type { Progress, Transfer } from './transfer.ts'
import { isStale } from './withdrawal.ts'

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
      // It was held for never sent, or for refused, and the debit had come back: he has the money twice.
      if (state === 'compensated' && progress.credit?.refused && !hasEnded(progress))
        return happened([{ type: 'creditSettled', bankTransferId }], changed('creditFiat', 'SUCCEEDED'))
      if (!creditIsOpen({ state, progress })) return nothing('settled before')
      if (state === 'review') return happened([{ type: 'creditSettled', bankTransferId }], changed('creditFiat', 'SUCCEEDED'))
      return happened(
        [{ type: 'creditSettled', bankTransferId }, { type: 'transferCompensated' }],
        changed('creditFiat', 'SUCCEEDED'),
      )
    case 'rejected':
      return readCreditRefusal({ state, progress }, 'rail_refused', detail)
    case 'returned':
      if (state !== 'crediting' && state !== 'compensated' && (state !== 'review' || progress.credit === undefined))
        return nothing('the credit is over')
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

/** It is not paid: the bank has refused it, or never got what was withdrawn. */
export const readCreditRefusal = ({ state, progress }: Crediting, code: string, detail: string): Reading => {
  if (!creditIsOpen({ state, progress }) || progress.credit?.refused) return nothing('the credit is over')
  if (isStale(code, progress.credit)) return nothing('it is to be paid after all')
  const refused: TransferEvent = { type: 'creditRefused', code, detail }
  // The debit has come back, too: everybody has what he had.
  const isOver = state === 'review' && progress.debit?.returned === 'afterPivot' && wasNotServed(progress)
  return happened([refused, ...(isOver ? [{ type: 'transferCompensated' } as const] : [])], changed('creditFiat', 'FAILED'))
}

/** The bank may still settle or refuse it. One that came back before we heard of its settlement is over. */
const creditIsOpen = ({ state, progress }: Crediting): boolean =>
  (state === 'crediting' || (state === 'review' && progress.credit !== undefined)) && !hasEnded(progress)

const hasEnded = ({ credit }: Progress): boolean => credit?.settled === true || credit?.returned === true

/** A debit that the bank took back itself leaves nothing to credit. */
export const ifNothingToPayBack = ({ debit }: Progress): TransferEvent[] =>
  debit?.returned === undefined ? [] : [{ type: 'transferCompensated' }]

/** The debit comes back of a transfer whose credit was refused: everybody has what he had, and nothing is left for a person. */
export const ifNothingWasCredited = (progress: Progress): TransferEvent[] => {
  const { refused, settled, returned } = progress.credit ?? {}
  return refused && !settled && !returned && wasNotServed(progress) ? [{ type: 'transferCompensated' }] : []
}

const wasNotServed = ({ payout, refunds }: Progress): boolean => !payout?.settled && refunds === undefined
