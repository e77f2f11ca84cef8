import type { Refund } from '../../../bridge-service/src/refunds/refund.ts'
import { longestRefundWaitMs, type RefundStore, refundLeaseMs, refundNews } from '../../../bridge-service/src/refunds/store.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import { keepFact } from './facts.ts'
import { isPayable } from './refunds.ts'
import { inOneStatement } from './statement.ts'
import type { RefundRow } from './tables.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

/** What happens around a call; see `Around` of the saga's connections. */
export type AroundRefunds = <T>(call: keyof RefundStore, about: string | undefined, effect: () => Promise<T>) => Promise<T>

const mostAtOnce = 20

/** The refunds that are to be paid, without a database. */
export const refundStore = (
  database: MemoryDatabase,
  around: AroundRefunds = (_call, _about, effect) => effect(),
): RefundStore => {
  const { tables } = database
  const { refunds, transfers, liquidity_pools: pools } = tables

  const isCovered = ({ rail, currency, minor }: RefundRow): boolean => {
    const pool = pools.get(`${rail}:${currency}`)
    return pool === undefined || pool.total - pool.reserved >= minor
  }
  const claim = (tx: MemoryTx) =>
    [...refunds.values()]
      .filter(row => isPayable(row) && row.next_at <= tx.nowMs && (row.state === 'crediting' || isCovered(row)))
      .filter(({ id }) => !tx.isLockedByAnother(`refund ${id}`))
      .sort((a, b) => a.next_at - b.next_at)
      .slice(0, mostAtOnce)
      .map(row => {
        const waitMs = Math.min(refundLeaseMs * 2 ** Math.min(row.attempts, 10), longestRefundWaitMs)
        const claimed: RefundRow = {
          ...row,
          ...{ state: 'crediting', attempts: row.attempts + 1, lease_epoch: row.lease_epoch + 1 },
          ...{ updated_at: tx.nowMs, next_at: tx.nowMs + waitMs },
        }
        tx.put(refunds, row.id, claimed)
        const isWithdrawn = isNoLongerDue(row.kind, transfers.get(row.refund_of)?.transfer.progress)
        return {
          ...refundOf(claimed),
          ...{ attempts: claimed.attempts, epoch: claimed.lease_epoch, ageMs: tx.nowMs - row.created_at },
          withdrawnForMs: isWithdrawn ? tx.nowMs - row.updated_at : null,
        }
      })

  /** Of one that the caller still has. Returns whether he has. */
  const end = async (tx: MemoryTx, id: string, epoch: number, how: Partial<RefundRow>): Promise<boolean> => {
    await tx.lock([`refund ${id}`])
    const row = tx.get(refunds, id)
    if (row?.lease_epoch !== epoch || row.state !== 'crediting') return false
    tx.put(refunds, id, { ...row, ...how, updated_at: tx.nowMs })
    return true
  }

  return {
    claim: () => around('claim', undefined, () => inOneStatement(database, undefined, claim)),
    complete: (refund, bankTransferId) =>
      around('complete', refund.refundOf, () =>
        inOneStatement(database, undefined, async tx => {
          const how = { state: 'completed', bank_transfer_id: bankTransferId } as const
          if (await end(tx, refund.id, refund.epoch, how)) await keepFact(tx, tables, refundNews(refund))
        }),
      ),
    fail: ({ id, epoch, refundOf: about }, failure) =>
      around('fail', about, () =>
        inOneStatement(database, undefined, async tx => {
          await end(tx, id, epoch, { state: 'failed', failure })
        }),
      ),
  }
}

const isNoLongerDue = (kind: RefundRow['kind'], progress: Transfer['progress'] | undefined): boolean => {
  const { debit, payout, credit } = progress ?? {}
  const hasReached = (paid: typeof payout | typeof credit) => paid?.reversedAt !== undefined && !paid.returned
  return debit?.returned !== undefined || (kind === 'owed' && (hasReached(payout) || hasReached(credit)))
}

const refundOf = (row: RefundRow): Refund => ({
  ...{
    id: row.id,
    refundOf: row.refund_of,
    tenant: row.tenant,
    kind: row.kind,
    reason: row.reason,
    requestedBy: row.requested_by,
  },
  ...{ currency: row.currency, minor: String(row.minor), rail: row.rail, request: row.request, state: row.state },
  ...{ bankTransferId: row.bank_transfer_id, failure: row.failure },
  ...{ createdAt: new Date(row.created_at), updatedAt: new Date(row.updated_at) },
})
