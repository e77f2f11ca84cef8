import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { openLines } from '../ledger/open-lines.ts'
import { isCurrency } from '../money/currency.ts'
import type { MoneyJson } from '../money/money.ts'
import type { RailOrder } from '../rails/rail.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { type Refund, refundColumns } from './refund.ts'

export type RefundRequest = {
  /** `rf_…` */
  readonly id: string
  readonly transferId: TransferId
  /** Whose transfer it must be; undefined: anybody's, for an operator. */
  readonly tenant: string | undefined
  readonly kind: Refund['kind']
  /** Undefined: all that is left. */
  readonly amount: MoneyJson | undefined
  readonly reason: string
  readonly requestedBy: string
}

/**
 * Opens a refund, with the transfer's row locked: what is asked for twice at the same moment is added up one after the other. Throws
 * `transfer_not_found`, `refund_not_allowed` or `refund_too_large`.
 */
export const openRefund = async (tx: ClientBase, request: RefundRequest): Promise<Refund> => {
  const { id, kind, reason, requestedBy } = request
  const transfer = await lockTransfer(tx, request)
  // What he paid is his again: whatever the transfer has left open, it is nothing that he has to get.
  if (transfer.progress.debit?.returned) throw new BridgeError('refund_not_allowed', { reason: 'his debit has come back' })
  const left = kind === 'owed' ? await owedOf(tx, transfer, request.amount) : await givable(tx, transfer)
  const amount = request.amount ?? left
  if (amount.currency !== left.currency)
    throw new BridgeError('refund_not_allowed', { path: 'amount.asset', left: left.currency })
  if (BigInt(amount.minor) > BigInt(left.minor))
    throw new BridgeError('refund_too_large', { path: 'amount.value', left: left.minor })
  const { rail, order } = orderOf(transfer, id, amount)
  const { rows } = await tx.query<Refund>({
    name: 'open_refund',
    text: `insert into refunds as r (id, refund_of, tenant, kind, reason, requested_by, currency, minor, rail, request)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${refundColumns}`,
    values: [id, transfer.id, transfer.tenant, kind, reason, requestedBy, amount.currency, amount.minor, rail, order],
  })
  return rows[0]!
}

const lockTransfer = async (tx: ClientBase, { transferId, tenant }: RefundRequest): Promise<Transfer> => {
  const { rows } = await tx.query<Transfer>(
    `select id, tenant, route, definition, state, version, terms, progress from transfers
      where id = $1 and ($2::text is null or tenant = $2) for update`,
    [transferId, tenant ?? null],
  )
  if (rows[0] === undefined) throw new BridgeError('transfer_not_found', { transferId })
  return rows[0]
}

/** What the transfer's own books say that the customer has to get in fiat, less what is on its way to him. */
const owedOf = async (tx: ClientBase, { id, state }: Transfer, wanted: MoneyJson | undefined): Promise<MoneyJson> => {
  if (state !== 'review') throw new BridgeError('refund_not_allowed', { state })
  const owed = (await openLines(tx, id)).flatMap(({ account, currency, layer, minor }) =>
    account === `customer_clearing:${currency}` && layer === 'posted' && BigInt(minor) < 0n
      ? [{ currency, minor: -BigInt(minor) }]
      : [],
  )
  const line = owed.find(({ currency }) => currency === (wanted?.currency ?? currency))
  if (line === undefined || !isCurrency(line.currency)) throw new BridgeError('refund_not_allowed', { reason: 'nothing is owed' })
  const { rows } = await tx.query<{ minor: string }>(
    `select coalesce(sum(minor), 0)::text as minor from refunds_unheard where refund_of = $1 and kind = 'owed' and currency = $2`,
    [id, line.currency],
  )
  return leftOf(line.currency, line.minor - BigInt(rows[0]!.minor))
}

/** All refunds of a transfer together are no more than what was paid for it. */
const givable = async (tx: ClientBase, { id, route, state, terms }: Transfer): Promise<MoneyJson> => {
  if (route === 'rebalance') throw new BridgeError('refund_not_allowed', { reason: 'it has no customer' })
  if (state !== 'completed' && state !== 'review') throw new BridgeError('refund_not_allowed', { state })
  const bank = [terms.source, terms.destination].find(leg => leg.kind === 'bank')
  if (bank === undefined) throw new BridgeError('refund_not_allowed', { reason: 'no bank account of his is known' })
  const most = bank === terms.source ? terms.sourceAmount : terms.destinationAmount
  const { rows } = await tx.query<{ minor: string }>(
    `select coalesce(sum(minor), 0)::text as minor from refunds where refund_of = $1 and currency = $2 and state not in ('failed', 'returned')`,
    [id, most.currency],
  )
  return leftOf(most.currency, BigInt(most.minor) - BigInt(rows[0]!.minor))
}

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
