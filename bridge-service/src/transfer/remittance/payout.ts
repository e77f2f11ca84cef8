import type { RailFact } from '../../rails/rail.ts'
import type { Reading } from '../decision.ts'
import { changed, happened, nothing } from '../reading.ts'
import { readReversal } from '../return-order.ts'
import type { TransferOf } from '../transfer.ts'
import { isStale } from '../withdrawal.ts'
import { readPayoutReturn, readStandingAgain } from './payout-return.ts'

type Transfer = TransferOf<'remittance'>

/** What the bank says about the payout. Only its definite no, or the money back, lets the hold be refunded. */
export const readPayout = (transfer: Transfer, fact: RailFact): Reading => {
  const { state, progress } = transfer
  const { bankTransferId } = fact
  switch (fact.type) {
    case 'submitted':
      if (state !== 'payingOut' || progress.payout?.bankTransferId !== undefined) return nothing('the bank had said so before')
      return happened([{ type: 'payoutSubmitted', bankTransferId }], changed('payoutFiat', 'IN_FLIGHT'))
    case 'settled':
      return readSettlement(transfer, bankTransferId)
    case 'rejected':
      return readPayoutRefusal(transfer, 'rail_refused', fact.rawCode ?? 'no code given')
    case 'returned':
      return readPayoutReturn(transfer, fact)
    case 'recalled':
      return nothing('nobody asks us for what we have paid out')
    case 'returnReversed':
      return readReversal(
        progress.payout,
        fact,
        'payoutReturnReversed',
        reversed => readStandingAgain(transfer, reversed),
        () => readSettlement(transfer, bankTransferId),
      )
    case 'arrived':
    case 'arrivalReversed':
      return nothing('it was paid to none of our accounts')
  }
}

const readSettlement = (transfer: Transfer, bankTransferId: string): Reading => {
  const { state, progress } = transfer
  if (!wasWished(transfer) || progress.payout?.settled || progress.payout?.returned)
    return nothing('settled before, or never wished')
  // Out of a refund it comes to a person, who decides what becomes of the hold.
  return happened(
    [{ type: 'payoutSettled', bankTransferId }],
    changed('payoutFiat', 'SUCCEEDED'),
    ...(state === 'refunding' ? [changed('refundEscrow', 'FAILED', progress.attempts.refund)] : []),
  )
}

export const readPayoutRefusal = (transfer: Transfer, code: string, detail: string): Reading => {
  const { state, progress } = transfer
  if (!wasWished(transfer) || progress.payout?.settled || progress.payout?.returned || progress.payout?.refused)
    return nothing('the payout is over')
  if (isStale(code, progress.payout)) return nothing('it is to be paid after all')
  const refused = { type: 'payoutRefused', code, detail } as const
  const failed = changed('payoutFiat', 'FAILED')
  if (state === 'payingOut') return happened([refused, { type: 'compensationStarted', reason: 'payout_refused' }], failed)
  return state === 'review' ? happened([refused], failed) : nothing('the payout is over')
}

/** The commit's finality is the pivot, and with it the payout is wished. */
const wasWished = ({ progress }: Transfer): boolean => progress.committed === true
