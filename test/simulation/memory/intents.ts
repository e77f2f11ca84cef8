import { referenceOf } from '../../../bridge-service/src/intents/key.ts'
import { type LeasedIntent, suspectAfter } from '../../../bridge-service/src/intents/queue.ts'
import type { IntentRow, Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

export const isOpen = ({ status }: IntentRow): boolean => status === 'PENDING' || status === 'IN_FLIGHT' || status === 'UNKNOWN'

/** Leases the intents that are due, the longest first, but for those that a step is about to change. */
export const claimIntents = (
  tx: MemoryTx,
  { intents, transfers }: Tables,
  owner: string,
  leaseMs: number,
  limit: number,
): LeasedIntent[] => {
  const due: IntentRow[] = []
  for (const row of intents.values())
    if (row.next_at <= tx.nowMs && isOpen(row) && !isParked(transfers, row) && !tx.isLockedByAnother(`intent ${row.key}`))
      due.push(row)
  due.sort((a, b) => a.next_at - b.next_at)
  const waiting = due.slice(0, limit)
  const suspects = waiting
    .filter(({ abandoned }) => abandoned >= suspectAfter)
    .sort((a, b) => a.next_at - b.next_at || (a.key < b.key ? -1 : 1))
  return [...waiting.filter(({ abandoned }) => abandoned < suspectAfter), ...suspects.slice(0, 1)].map(row => {
    const leased: IntentRow = {
      ...row,
      status: row.status === 'PENDING' ? 'IN_FLIGHT' : row.status,
      attempts: row.attempts + 1,
      abandoned: row.abandoned + (row.lease_owner === null ? 0 : 1),
      lease_owner: owner,
      lease_epoch: row.lease_epoch + 1,
      next_at: tx.nowMs + leaseMs,
      updated_at: tx.nowMs,
    }
    tx.put(intents, row.key, leased)
    const { key, transfer_id: transferId, step, attempt, target, request, created_at, withdrawn_at } = row
    const { lease_epoch: epoch, attempts, abandoned } = leased
    const reference = referenceOf(key)
    return {
      key,
      transferId,
      step,
      attempt,
      target,
      reference,
      request,
      epoch,
      attempts,
      abandoned,
      tried: row.status !== 'PENDING',
      ageMs: tx.nowMs - created_at,
      ...(withdrawn_at === null ? {} : { withdrawnForMs: tx.nowMs - withdrawn_at }),
    }
  })
}

const isParked = (transfers: Tables['transfers'], { transfer_id: id }: IntentRow) =>
  (transfers.get(id)?.parked_reason ?? null) !== null

/** Fenced by the lease's epoch. Returns whether the lease was still the caller's. */
export const postponeIntent = async (
  tx: MemoryTx,
  { intents }: Tables,
  { key, epoch }: Pick<LeasedIntent, 'key' | 'epoch'>,
  status: IntentRow['status'],
  delayMs: number,
): Promise<boolean> => {
  await tx.lock([`intent ${key}`])
  const row = tx.get(intents, key)
  if (row !== undefined && row.lease_epoch > epoch && row.abandoned > 0) tx.put(intents, key, { ...row, abandoned: 0 })
  if (row === undefined || row.lease_epoch !== epoch || !isOpen(row)) return false
  tx.put(intents, key, { ...row, status, lease_owner: null, abandoned: 0, next_at: tx.nowMs + delayMs, updated_at: tx.nowMs })
  return true
}

export const holdsIntent = ({ intents }: Tables, { key, epoch }: Pick<LeasedIntent, 'key' | 'epoch'>): boolean => {
  const row = intents.get(key)
  return row !== undefined && row.lease_epoch === epoch && isOpen(row)
}

/** By an operator's word. */
export const wakeIntents = (tx: MemoryTx, { intents }: Tables, isMeant: (row: IntentRow) => boolean): void => {
  for (const row of intents.values())
    if (isMeant(row) && isOpen(row) && row.lease_owner === null && !tx.isLockedByAnother(`intent ${row.key}`))
      tx.put(intents, row.key, { ...row, next_at: tx.nowMs, abandoned: 0 })
}
