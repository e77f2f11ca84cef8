import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { openLines } from '../ledger/open-lines.ts'
import type { MoneyJson } from '../money/money.ts'
import type { TransferId } from '../transfer/id.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { type OtherRefund, planRefund } from './plan-refund.ts'
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
  const open = await openLines(tx, transfer.id)
  const [others, isResolving] = [await othersOf(tx, transfer), await isBeingResolved(tx, transfer)]
  const { amount, rail, order } = planRefund(request, { transfer, open, others, isResolving })
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

const othersOf = async (tx: ClientBase, { id }: Transfer): Promise<OtherRefund[]> => {
  const { rows } = await tx.query<OtherRefund>({
    name: 'other_refunds',
    text: `select kind, currency, minor::text as minor, state, exists (select from refunds_unheard u where u.id = r.id) as "isUnheard"
             from refunds r where refund_of = $1`,
    values: [id],
  })
  return rows
}

const isBeingResolved = async (tx: ClientBase, { id }: Transfer): Promise<boolean> => {
  const { rowCount } = await tx.query({
    name: 'is_being_resolved',
    text: `select from inbox where source = 'command' and subject = $1 and kind = 'operator' and payload->'input'->>'type' = 'resolveCommand'
              and consumed < revision and not unmatched limit 1`,
    values: [id],
  })
  return rowCount === 1
}
