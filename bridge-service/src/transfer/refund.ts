import { account } from '../ledger/chart.ts'
import { move } from '../ledger/entry.ts'
import { fromJson } from '../money/money.ts'
import { none } from './asking.ts'
import type { Effects, Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'
import type { OperatorInput } from './input.ts'
import { happened, nothing } from './reading.ts'
import type { Transfer } from './transfer.ts'

/** A payment beside the transfer has settled: it is booked here once, where what it pays was left open. */
export const readRefund = (
  { route, state, progress }: Transfer,
  { type: _type, ...paid }: Extract<OperatorInput, { type: 'refundSettled' }>,
): Reading => {
  if (route === 'rebalance') return nothing('it has no customer')
  if (progress.refunds?.includes(paid.refundId)) return nothing('booked before')
  if (state !== 'review' && state !== 'resolved' && state !== 'completed') return nothing('nothing of it can be refunded')
  return happened([{ type: 'refundPaid', ...paid }])
}

export const refundEffects = ({ type, kind, ...paid }: Extract<TransferEvent, { type: 'refundPaid' }>): Effects => {
  const bankCash = account.bankCash(paid.currency)
  const payer = kind === 'owed' ? account.customerClearing(paid.currency) : account.writtenOff(paid.currency)
  return { ...none, entries: [{ kind: type, postings: move(bankCash, payer, fromJson(paid)) }] }
}
