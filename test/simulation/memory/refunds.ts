import { BridgeError } from '../../../bridge-service/src/errors.ts'
import type { RailFact } from '../../../bridge-service/src/rails/rail.ts'
import type { Said } from '../../../bridge-service/src/refunds/hear-refund.ts'
import type { RefundRequest } from '../../../bridge-service/src/refunds/open-refund.ts'
import { planRefund } from '../../../bridge-service/src/refunds/plan-refund.ts'
import type { OperatorInput } from '../../../bridge-service/src/transfer/input.ts'
import { uniqueViolation } from './database-error.ts'
import { isWaiting, keepFact } from './facts.ts'
import { frozen } from './frozen.ts'
import { openLines } from './open-lines.ts'
import { inOneStatement } from './statement.ts'
import type { RefundRow, Tables } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

export const isPayable = ({ state }: Pick<RefundRow, 'state'>): boolean => state === 'requested' || state === 'crediting'

/** What is promised back and not booked yet: it may have left the bank. */
export const isUnheard = ({ transfers }: Tables, { id, refund_of, state }: RefundRow): boolean =>
  isPayable({ state }) || (state === 'completed' && !transfers.get(refund_of)?.transfer.progress.refunds?.includes(id))

export const refundsOf = ({ refunds }: Tables, transferId: string): RefundRow[] =>
  refunds.size === 0 ? [] : [...refunds.values()].filter(({ refund_of }) => refund_of === transferId)

/** Opens a refund, with the transfer's row locked. Throws as the one of Postgres does. */
export const openRefund = ({ tables }: MemoryDatabase, tx: MemoryTx, request: RefundRequest): Promise<RefundRow> =>
  tx.run(async () => {
    const { id, transferId, tenant, kind, reason, requestedBy } = request
    await tx.lock([`transfer ${transferId}`])
    const transfer = tx.get(tables.transfers, transferId)?.transfer
    if (transfer === undefined || (tenant !== undefined && transfer.tenant !== tenant))
      throw new BridgeError('transfer_not_found', { transferId })
    const others = refundsOf(tables, transferId).map(row => ({
      ...{ kind: row.kind, currency: row.currency, minor: String(row.minor), state: row.state },
      isUnheard: isUnheard(tables, row),
    }))
    const { amount, rail, order } = planRefund(request, {
      ...{ transfer, open: openLines(tables, transferId), others },
      isResolving: isBeingResolved(tables, transferId),
    })
    if (tx.get(tables.refunds, id) !== undefined) throw uniqueViolation('refunds', id)
    const row: RefundRow = {
      ...{ id, refund_of: transferId, tenant: transfer.tenant, kind, reason, requested_by: requestedBy, rail },
      ...{ currency: amount.currency, minor: BigInt(amount.minor), request: frozen(order), state: 'requested' },
      ...{ bank_transfer_id: null, failure: null, attempts: 0, lease_epoch: 0 },
      ...{ next_at: tx.nowMs, created_at: tx.nowMs, updated_at: tx.nowMs },
    }
    tx.put(tables.refunds, id, row)
    tx.put(tables.by_refund_reference, `${rail} ${order.externalId}`, id)
    return row
  })

const isBeingResolved = ({ inbox }: Tables, transferId: string): boolean =>
  [...inbox.values()].some(row => {
    const isMeant = row.source === 'command' && row.subject === transferId && row.kind === 'operator' && isWaiting(row)
    return isMeant && (row.payload.input as OperatorInput).type === 'resolveCommand'
  })

/** What a bank says by itself of a refund. Returns whether that is all that there is to do. */
export const hearRefund = async (
  { tables }: MemoryDatabase,
  tx: MemoryTx,
  rail: string,
  { type, externalId }: Said,
): Promise<boolean> => {
  const id = tx.get(tables.by_refund_reference, `${rail} ${externalId}`)
  if (id === undefined) return false
  await tx.lock([`refund ${id}`])
  const row = tx.get(tables.refunds, id)!
  if (!isHeard(row, type)) return false
  const comesBack = row.state === 'completed' && type === 'returned'
  const isPaidAfterAll = row.state === 'failed' && (type === 'settled' || type === 'returnReversed')
  const heard: RefundRow = {
    ...row,
    ...(isPayable(row) || isPaidAfterAll ? { next_at: tx.nowMs } : {}),
    ...(comesBack ? { state: 'returned', updated_at: tx.nowMs } : {}),
    ...(isPaidAfterAll ? { state: 'crediting', failure: null, updated_at: tx.nowMs } : {}),
  }
  tx.put(tables.refunds, id, heard)
  if (heard.state === 'returned') {
    const { refund_of, kind, currency, minor } = heard
    const input = { type: 'refundCameBack', refundId: id, kind, currency, minor: String(minor) }
    const news = { source: 'command', fact: `refund:${id}:returned`, subject: refund_of, kind: 'operator' }
    await keepFact(tx, tables, { ...news, payload: { actor: rail, input } })
  }
  return true
}

const isHeard = ({ state }: RefundRow, type: Said['type']): boolean => {
  if (isPayable({ state })) return true
  if (state === 'failed') return ['rejected', 'settled', 'returned', 'returnReversed'].includes(type)
  return type === 'submitted' || type === 'settled' || type === 'returned'
}

/** What the handler of a bank's webhooks keeps: a refund's news are the refund's. Returns whether it is news for the saga. */
export const keepWebhook = (database: MemoryDatabase, rail: string, id: string, fact: RailFact): Promise<boolean> =>
  inOneStatement(database, undefined, async tx => {
    if (await hearRefund(database, tx, rail, fact)) return false
    const news = { source: rail, fact: id, subject: fact.externalId, kind: 'railFact', payload: { ...fact } }
    return keepFact(tx, database.tables, news)
  })
