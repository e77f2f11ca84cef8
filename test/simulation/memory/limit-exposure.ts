import {
  exposureExceeded,
  isLimited,
  type Lending,
  lendingName,
  lendingsOf,
} from '../../../bridge-service/src/saga/limit-exposure.ts'
import type { Opening } from '../../../bridge-service/src/saga/open.ts'
import type { AdvanceRow, Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

/** No tenant owes more than its limit with what openings advance to it. Throws `exposure_limit_exceeded`. */
export const limitExposure = async (tx: MemoryTx, tables: Tables, fresh: readonly Opening[]): Promise<void> => {
  const lendings = lendingsOf(fresh)
  const limited = lendings.filter(isLimited)
  await tx.lock(limited.map(lendingName))
  const exceeded = limited.find(lending => exposed(tx, tables, lending) + lending.minor > lending.limit)
  if (exceeded !== undefined) throw exposureExceeded(exceeded)
  for (const lending of lendings) await clearFinal(tx, tables, lending)
}

const isFinal = (tx: MemoryTx, { returnable_until: until }: AdvanceRow) => until !== null && until <= tx.nowMs

const clearFinal = async (tx: MemoryTx, { advances }: Tables, lending: Lending) => {
  for (const row of [...advances.values()]) {
    const name = `advance ${row.transfer_id}`
    if (!isOf(lending, row) || !isFinal(tx, row) || tx.isLockedByAnother(name)) continue
    await tx.lock([name])
    tx.put(advances, row.transfer_id, undefined)
  }
}

const exposed = (tx: MemoryTx, { advances, receivables }: Tables, lending: Lending): bigint => {
  let sum = 0n
  for (const row of advances.values()) if (isOf(lending, row) && !isFinal(tx, row)) sum += row.amount
  for (const row of receivables.values()) {
    const open = row.owed - row.recovered - row.written_off
    if (isOf(lending, row) && open > 0n) sum += open
  }
  return sum
}

const isOf = ({ tenant, currency }: Lending, row: { readonly tenant: string; readonly currency: string }) =>
  row.tenant === tenant && row.currency === currency
