import type { RailFact } from '../rails/rail.ts'
import type { Reading } from './decision.ts'
import { rawCodeOf, type TransferEvent } from './event.ts'
import { changed, happened, nothing } from './reading.ts'
import { type Reversal, readReturnedAgain, readReversal, wasReversed } from './return-order.ts'
import { isPaidBack } from './review-end.ts'
import type { State } from './state.ts'
import type { Progress, TransferOf } from './transfer.ts'
import { isStale } from './withdrawal.ts'

type Crediting = Pick<TransferOf<'onramp'> | TransferOf<'remittance'>, 'route' | 'state' | 'progress'>

/** What the bank says about the credit that gives a customer his fiat back. */
export const readCredit = (transfer: Crediting, fact: RailFact): Reading => {
  const { state, progress } = transfer
  const bankTransferId = fact.bankTransferId
  const detail = fact.rawCode ?? 'no code given'
  switch (fact.type) {
    case 'submitted':
      if (state !== 'crediting' || progress.credit?.bankTransferId !== undefined) return nothing('the bank had said so before')
      return happened([{ type: 'creditSubmitted', bankTransferId }], changed('creditFiat', 'IN_FLIGHT'))
    case 'settled':
      return readSettlement(transfer, bankTransferId)
    case 'rejected':
      return readCreditRefusal(transfer, 'rail_refused', detail)
    case 'returned':
      return readReturn(transfer, fact)
    case 'recalled':
      return nothing('nobody asks us for what we have paid back')
    case 'returnReversed':
      return readReversal(
        progress.credit,
        fact,
        'creditReturnReversed',
        reversed => readStandingAgain(transfer, reversed),
        () => readSettlement(transfer, bankTransferId),
      )
    case 'arrived':
    case 'arrivalReversed':
      return nothing('it was paid to none of our accounts')
  }
}

const readSettlement = ({ state, progress }: Crediting, bankTransferId: string): Reading => {
  const settled: TransferEvent = { type: 'creditSettled', bankTransferId }
  const done = changed('creditFiat', 'SUCCEEDED')
  // It was held for never sent, or for refused, and the debit had come back: he has the money twice.
  if (state === 'compensated' && progress.credit?.refused && !hasEnded(progress)) return happened([settled], done)
  if (!creditIsOpen({ state, progress })) return nothing('settled before')
  return happened(state === 'review' ? [settled] : [settled, { type: 'transferCompensated' }], done)
}

const readReturn = ({ state, progress: { credit } }: Crediting, fact: RailFact): Reading => {
  if (credit === undefined || !mayComeBack.includes(state)) return nothing('the credit is over')
  if (wasReversed(credit, fact)) return nothing('the bank has taken that back')
  if (credit.returned) return readReturnedAgain(credit, fact, 'creditReturnedAgain')
  return happened([{ type: 'creditReturned', rawCode: rawCodeOf(fact), at: fact.at }], changed('creditFiat', 'FAILED'))
}

const mayComeBack: readonly State[] = ['crediting', 'compensated', 'review']

/** The bank takes the return back, so that the customer has his money: where it was all that a person had to see to, nothing is left for him. */
const readStandingAgain = ({ route, state, progress }: Crediting, reversed: Reversal): Reading => {
  const stands = { ...progress, credit: { settled: true, reversedAt: reversed.at } } as const
  const isOver = state === 'review' && !progress.debit?.returned && isPaidBack({ route, progress: stands })
  return happened([reversed, ...(isOver ? [{ type: 'transferCompensated' } as const] : [])], changed('creditFiat', 'SUCCEEDED'))
}

/** It is not paid: the bank has refused it, or never got what was withdrawn. */
export const readCreditRefusal = ({ state, progress }: Omit<Crediting, 'route'>, code: string, detail: string): Reading => {
  if (!creditIsOpen({ state, progress }) || progress.credit?.refused) return nothing('the credit is over')
  if (isStale(code, progress.credit)) return nothing('it is to be paid after all')
  const refused: TransferEvent = { type: 'creditRefused', code, detail }
  // The debit has come back, too: everybody has what he had.
  const isOver = state === 'review' && progress.debit?.returned === 'afterPivot' && wasNotServed(progress)
  return happened([refused, ...(isOver ? [{ type: 'transferCompensated' } as const] : [])], changed('creditFiat', 'FAILED'))
}

/** The bank may still settle or refuse it. One that came back before we heard of its settlement is over. */
const creditIsOpen = ({ state, progress }: Omit<Crediting, 'route'>): boolean =>
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
