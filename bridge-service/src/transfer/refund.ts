import { account } from '../ledger/chart.ts'
import { move } from '../ledger/entry.ts'
import type { Currency } from '../money/currency.ts'
import { fromJson } from '../money/money.ts'
import { none } from './asking.ts'
import { cashOf } from './cash.ts'
import type { Effects, Reading } from './decision.ts'
import type { TransferEvent } from './event.ts'
import type { OperatorInput } from './input.ts'
import { happened, nothing, tooEarly } from './reading.ts'
import type { State } from './state.ts'
import type { Transfer } from './transfer.ts'

/** Where a refund of it may turn out to be paid, and may come back: also where he has had his money back meanwhile, and has it twice. */
const mayBePaid: readonly State[] = ['completed', 'review', 'resolved', 'compensated']

/** A payment beside the transfer has settled: it is booked here once, where what it pays was left open. */
export const readRefund = (
  transfer: Transfer,
  { type: _type, ...paid }: Extract<OperatorInput, { type: 'refundSettled' }>,
): Reading => {
  const { route, state, progress } = transfer
  if (route === 'rebalance') return nothing('it has no customer')
  if (payerOf(transfer, paid.currency) === undefined) return nothing('no bank pays it')
  if (progress.refunds?.includes(paid.refundId)) return nothing('booked before')
  const isTwice = paid.kind === 'owed' && hasReachedHim(transfer)
  // What came back was owed again, and is on its way: the money has left us all the same, and is booked when that has ended.
  if (state === 'crediting') return tooEarly('it is under way again')
  if (!mayBePaid.includes(state)) return nothing('nothing of it can be refunded')
  const isPersons = isTwice && state === 'completed'
  return happened([{ type: 'refundPaid', ...paid }, ...(isPersons ? [{ type: 'receivableOpened' } as const] : [])])
}

/** It has not arrived: it is as if it had never been paid, and a person sees to it. The news of its settlement may still be to come. */
export const readReturnedRefund = (
  { state, progress }: Transfer,
  { type: _type, ...paid }: Extract<OperatorInput, { type: 'refundCameBack' }>,
): Reading => {
  if (progress.refundsReturned?.includes(paid.refundId)) return nothing('booked before')
  if (!progress.refunds?.includes(paid.refundId)) return tooEarly('its settlement is still to be heard of')
  return mayBePaid.includes(state) ? happened([{ type: 'refundReturned', ...paid }]) : tooEarly('it is under way again')
}

/** What was owed has, since the bank has taken a return back while the refund was under way. */
const hasReachedHim = ({ state, progress: { payout, credit } }: Transfer): boolean =>
  (state === 'completed' && payout?.reversedAt !== undefined) || (state === 'compensated' && credit?.reversedAt !== undefined)

export const refundEffects = (
  transfer: Transfer,
  { type, kind, ...paid }: Extract<TransferEvent, { type: 'refundPaid' | 'refundReturned' }>,
): Effects => {
  const payer = payerOf(transfer, paid.currency)!
  const payee = kind === 'owed' ? account.customerClearing(paid.currency) : account.writtenOff(paid.currency)
  const [from, to] = type === 'refundPaid' ? [payer, payee] : [payee, payer]
  return { ...none, entries: [{ kind: type, postings: move(from, to, fromJson(paid)) }] }
}

/** Whose account the bank has paid it from: ours, or at the far end of a remittance its partner's, who was given it back himself. */
const payerOf = ({ route, terms }: Transfer, currency: Currency): string | undefined => {
  const leg = [terms.source, terms.destination].find(({ kind, currency: its }) => kind === 'bank' && its === currency)
  if (leg === undefined) return undefined
  return route === 'remittance' && leg === terms.destination ? account.payoutPartner(currency) : cashOf(leg)
}
