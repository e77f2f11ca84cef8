import { createHash } from 'node:crypto'
import { BridgeError } from '../errors.ts'
import type { OpenLine } from '../ledger/open-lines.ts'
import { isCurrency } from '../money/currency.ts'
import type { MoneyJson } from '../money/money.ts'
import type { RailOrder } from '../rails/rail.ts'
import type { Transfer } from '../transfer/transfer.ts'
import type { RefundRequest } from './open-refund.ts'
import type { Refund } from './refund.ts'

/** Another refund of the same transfer. */
export type OtherRefund = Pick<Refund, 'kind' | 'currency' | 'minor' | 'state'> & {
  /** It may have left the bank, and its transfer has not booked it. */
  readonly isUnheard: boolean
}

/** What a transfer and its books say, with its row locked. */
export type Standing = {
  readonly transfer: Transfer
  readonly open: readonly OpenLine[]
  readonly others: readonly OtherRefund[]
  /** Two persons have said that it is over, and the machine has not heard them yet. */
  readonly isResolving: boolean
}

export type PlannedRefund = { readonly amount: MoneyJson; readonly rail: string; readonly order: RailOrder }

/** What is paid, and to whom. Throws `refund_not_allowed` or `refund_too_large`. */
export const planRefund = (request: Pick<RefundRequest, 'id' | 'kind' | 'amount'>, standing: Standing): PlannedRefund => {
  const { id, kind } = request
  const { transfer, isResolving } = standing
  // What they close is nothing that is still to be paid.
  if (isResolving) throw new BridgeError('refund_not_allowed', { reason: 'persons are ending it' })
  // What he paid is his again: whatever the transfer has left open, it is nothing that he has to get.
  if (transfer.progress.debit?.returned) throw new BridgeError('refund_not_allowed', { reason: 'his debit has come back' })
  const left = kind === 'owed' ? owedOf(standing, request.amount) : givable(standing)
  const amount = request.amount ?? left
  if (amount.currency !== left.currency)
    throw new BridgeError('refund_not_allowed', { path: 'amount.asset', left: left.currency })
  if (BigInt(amount.minor) > BigInt(left.minor))
    throw new BridgeError('refund_too_large', { path: 'amount.value', left: left.minor })
  return { amount, ...orderOf(transfer, id, amount) }
}

/** What the transfer's own books say that the customer has to get in fiat, less what is on its way to him. */
const owedOf = ({ transfer: { state, progress }, open, others }: Standing, wanted: MoneyJson | undefined): MoneyJson => {
  if (state !== 'review') throw new BridgeError('refund_not_allowed', { state })
  // Whose it is that comes after that the books cannot say: persons may have paid him by hand, and written off what he has had twice.
  if (progress.resolution !== undefined) throw new BridgeError('refund_not_allowed', { reason: 'persons have ended it' })
  const owed = open.flatMap(({ account, currency, layer, minor }) =>
    account === `customer_clearing:${currency}` && layer === 'posted' && BigInt(minor) < 0n
      ? [{ currency, minor: -BigInt(minor) }]
      : [],
  )
  const line = owed.find(({ currency }) => currency === (wanted?.currency ?? currency))
  if (line === undefined || !isCurrency(line.currency)) throw new BridgeError('refund_not_allowed', { reason: 'nothing is owed' })
  const underWay = others.filter(({ kind, isUnheard }) => kind === 'owed' && isUnheard)
  return leftOf(line.currency, line.minor - sumOf(underWay, line.currency))
}

/** All refunds of a transfer together are no more than what was paid for it. */
const givable = ({ transfer: { route, state, terms }, others }: Standing): MoneyJson => {
  if (route === 'rebalance') throw new BridgeError('refund_not_allowed', { reason: 'it has no customer' })
  if (state !== 'completed' && state !== 'review') throw new BridgeError('refund_not_allowed', { state })
  const bank = [terms.source, terms.destination].find(leg => leg.kind === 'bank')
  if (bank === undefined) throw new BridgeError('refund_not_allowed', { reason: 'no bank account of his is known' })
  const most = bank === terms.source ? terms.sourceAmount : terms.destinationAmount
  const given = others.filter(({ state }) => state !== 'failed' && state !== 'returned')
  return leftOf(most.currency, BigInt(most.minor) - sumOf(given, most.currency))
}

const sumOf = (refunds: readonly OtherRefund[], currency: string): bigint =>
  refunds.reduce((sum, refund) => (refund.currency === currency ? sum + BigInt(refund.minor) : sum), 0n)

const leftOf = (currency: MoneyJson['currency'], minor: bigint): MoneyJson => {
  if (minor <= 0n) throw new BridgeError('refund_too_large', { left: '0' })
  return { currency, minor: minor.toString() }
}

/** To the customer's own account, as the transfer knows it, and from the account of ours that his money is in. */
const orderOf = ({ id: transferId, terms }: Transfer, id: string, { currency, minor }: MoneyJson) => {
  const ends = [
    { leg: terms.source, account: 'bankAccount' in terms ? terms.bankAccount : undefined },
    { leg: terms.destination, account: 'payoutAccount' in terms ? terms.payoutAccount : undefined },
  ]
  for (const { leg, account } of ends) {
    if (leg.kind !== 'bank' || leg.currency !== currency || account === undefined) continue
    const key = createHash('sha256').update(`refund:${id}`).digest('hex')
    const order: RailOrder = {
      key,
      externalId: `RF${key.slice(0, 32)}`,
      direction: 'credit',
      scheme: leg.scheme,
      amountMinor: minor,
      currency,
      account,
      counterparty: leg.account,
      description: transferId,
    }
    return { rail: leg.rail, order }
  }
  throw new BridgeError('refund_not_allowed', { reason: `no bank account of his in ${currency}` })
}
