import type { RailFact } from '../../rails/rail.ts'
import type { Reading } from '../decision.ts'
import { abandoned, turnBack } from '../deposit/depositing.ts'
import { collected } from '../deposit/finality.ts'
import type { TransferEvent } from '../event.ts'
import { changed, happened, nothing } from '../reading.ts'
import { readReversal } from '../return-order.ts'
import type { Progress, TransferOf } from '../transfer.ts'
import { isStale } from '../withdrawal.ts'
import { readPayoutReturn, readStandingAgain } from './payout-return.ts'

type Transfer = TransferOf<'offramp'>

/** What the bank says about the payout: the pivot, once it has settled. */
export const readPayout = (transfer: Transfer, fact: RailFact): Reading => {
  const { state, progress } = transfer
  switch (fact.type) {
    case 'submitted':
      if (state !== 'payingOut' || !payoutIsOpen(progress) || progress.payout?.bankTransferId !== undefined)
        return nothing('the bank had said so before')
      return happened([{ type: 'payoutSubmitted', bankTransferId: fact.bankTransferId }], changed('payoutFiat', 'IN_FLIGHT'))
    case 'settled':
      return readSettlement(transfer, fact.bankTransferId)
    case 'rejected':
      return refusedPayout(transfer, 'rail_refused', fact.rawCode ?? 'no code given')
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
        () => readSettlement(transfer, fact.bankTransferId),
      )
    case 'arrived':
    case 'arrivalReversed':
      return nothing('it was paid to none of our accounts')
  }
}

/** The bank may still settle or refuse it. */
export const payoutIsOpen = ({ payout }: Progress): boolean => !payout?.settled && !payout?.refused && !payout?.returned

/** The bank says definitely that nothing was paid out, so the deposit is the customer's. */
export const refusedPayout = ({ state, progress }: Transfer, code: string, detail: string): Reading => {
  if ((state !== 'payingOut' && state !== 'review') || !payoutIsOpen(progress)) return nothing('the payout is over')
  if (isStale(code, progress.payout)) return nothing('it is to be paid after all')
  const refused: TransferEvent = { type: 'payoutRefused', code, detail }
  if (state === 'review') {
    // What his issuer took from him is not ours to pay for.
    const isOver = progress.deposit?.clawedBack === true && progress.refunds === undefined
    return happened([refused, ...(isOver ? [{ type: 'transferFailed' } as const] : [])], changed('payoutFiat', 'FAILED'))
  }
  return happened([refused, ...turnBack(progress, code)], changed('payoutFiat', 'FAILED'), ...abandoned(progress))
}

const readSettlement = ({ state, progress, terms }: Transfer, bankTransferId: string): Reading => {
  if (progress.payout?.settled) return nothing('settled before')
  // The news that overtook this one: what settled has come back.
  if (progress.payout?.returned) return nothing('returned before')
  const settled: TransferEvent = { type: 'payoutSettled', bankTransferId }
  const done = changed('payoutFiat', 'SUCCEEDED')
  switch (state) {
    case 'payingOut':
      if (progress.deposit?.refunded) return happened([settled, { type: 'receivableOpened' }], done, ...abandoned(progress))
      // What was claimed out of a balance is the treasury's already.
      if (terms.deposit.committedBy === 'balance') return happened([settled, ...collected({ progress })], done)
      return happened([settled], done, ...abandoned(progress))
    case 'review':
      return happened([settled], done)
    case 'refundingDeposit':
    case 'refundedDeposit':
      // It settles what it refused. The customer has one of the two too many, which shows when the refund is final.
      return progress.payout?.refused ? happened([settled], done) : nothing('nothing was to be paid out')
    case 'compensated':
    case 'failed':
      return progress.payout?.refused
        ? happened([settled, { type: 'receivableOpened' }], done)
        : nothing('nothing was to be paid out')
    default:
      return nothing('nothing was to be paid out')
  }
}
