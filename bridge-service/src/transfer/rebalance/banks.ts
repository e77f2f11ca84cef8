import type { RailFact } from '../../rails/rail.ts'
import type { Reading } from '../decision.ts'
import { rawCodeOf, type TransferEvent } from '../event.ts'
import { changed, happened, nothing, tooEarly } from '../reading.ts'
import { isLaterReturn, wasReturnedSince, wasReversed } from '../return-order.ts'
import type { State } from '../state.ts'
import type { TransferOf } from '../transfer.ts'
import { endOf, orderIsOpen } from './standing.ts'

type Transfer = TransferOf<'rebalance'>

const beforeItsOrder: readonly State[] = ['requested', 'screened', 'canceled']

/** What the bank that sends it says of its order, and what the bank that gets it shows on our account there. */
export const readBanks = (transfer: Transfer, fact: RailFact): Reading => {
  const { state, progress } = transfer
  const { payout, arrived } = progress
  const { bankTransferId, at } = fact
  if (beforeItsOrder.includes(state)) return nothing('nothing was ordered')
  switch (fact.type) {
    case 'submitted':
      if ((state !== 'payingOut' && state !== 'inTransit') || !orderIsOpen(progress) || payout?.bankTransferId !== undefined)
        return nothing('the bank had said so before')
      return happened([{ type: 'payoutSubmitted', bankTransferId }], changed('payoutFiat', 'IN_FLIGHT'))
    case 'settled':
      if (payout?.settled) return nothing('settled before')
      // The news that overtook this one: what settled has come back.
      if (payout?.returned) return nothing('returned before')
      return happened(
        [{ type: 'payoutSettled', bankTransferId }, ...endOf({ payout: { settled: true }, arrived })],
        changed('payoutFiat', 'SUCCEEDED'),
      )
    case 'rejected':
      return readRefusal(transfer, 'rail_refused', fact.rawCode ?? 'no code given')
    case 'returned':
      // A later one tells only when, and what of the bank's words it is the last of.
      if (payout?.returned && !isLaterReturn(payout, fact)) return nothing('returned before')
      if (wasReversed(payout, fact)) return nothing('the bank has taken that back')
      if (payout?.refused && !payout.settled) return nothing('the order is over')
      return happened(
        [{ type: 'payoutReturned', rawCode: rawCodeOf(fact), at }, ...endOf({ payout: { returned: true }, arrived })],
        changed('payoutFiat', 'FAILED'),
      )
    case 'returnReversed':
      if (wasReversed(payout, fact)) return nothing('known before')
      if (wasReturnedSince(payout, fact)) return nothing('it has been returned again since')
      return happened(
        [{ type: 'payoutReturnReversed', bankTransferId, at }, ...endOf({ payout: { settled: true }, arrived })],
        changed('payoutFiat', 'SUCCEEDED'),
      )
    case 'recalled':
      return nothing('we ask nobody for what we have paid to ourselves')
    // Two lines of one statement may be told in either order; each is told once.
    case 'arrived':
      return arrived
        ? tooEarly('what arrived before has not gone back yet')
        : happened([{ type: 'moneyArrived', at }, ...endOf({ ...progress, arrived: true })])
    case 'arrivalReversed':
      return arrived
        ? happened([{ type: 'arrivalReversed', at }, ...endOf({ ...progress, arrived: undefined })])
        : tooEarly('it has not arrived yet')
  }
}

/** The sending bank says definitely that it pays nothing. */
export const readRefusal = ({ state, progress }: Transfer, code: string, detail: string): Reading => {
  if (!orderIsOpen(progress) || !(['payingOut', 'inTransit', 'review'] as State[]).includes(state))
    return nothing('the order is over')
  const refused: TransferEvent = { type: 'payoutRefused', code, detail }
  const end = state === 'payingOut' ? [] : endOf({ ...progress, payout: { refused: true } })
  return happened([refused, ...end], changed('payoutFiat', 'FAILED'))
}
