import { exposureExceeded, type Lending, lendingName, lendingsOf } from '../../../bridge-service/src/saga/limit-exposure.ts'
import type { Opening } from '../../../bridge-service/src/saga/open.ts'
import type { Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

/** No tenant owes more than its limit with what openings advance to it. Throws `exposure_limit_exceeded`. */
export const limitExposure = async (tx: MemoryTx, tables: Tables, fresh: readonly Opening[]): Promise<void> => {
  const lendings = lendingsOf(fresh)
  await tx.lock(lendings.map(lendingName))
  for (const lending of lendings) await clearFinal(tx, tables, lending)
  for (const lending of lendings)
    if (exposed(tx, tables, lending) + lending.minor > lending.limit) throw exposureExceeded(lending)
}

const clearFinal = async (tx: MemoryTx, { advances }: Tables, lending: Lending) => {
  const final = [...advances.values()].filter(
    row => isOf(lending, row) && row.returnable_until !== null && row.returnable_until <= tx.nowMs,
  )
  await tx.lock(final.map(({ transfer_id }) => `advance ${transfer_id}`).sort())
  for (const { transfer_id } of final) tx.put(advances, transfer_id, undefined)
}

const exposed = (tx: MemoryTx, { advances, receivables }: Tables, lending: Lending): bigint => {
  let sum = 0n
  for (const id of advances.keys()) {
    const row = tx.get(advances, id)
    if (row !== undefined && isOf(lending, row)) sum += row.amount
  }
  for (const row of receivables.values()) {
    const open = row.owed - row.recovered - row.written_off
    if (isOf(lending, row) && open > 0n) sum += open
  }
  return sum
}

const isOf = ({ tenant, currency }: Lending, row: { readonly tenant: string; readonly currency: string }) =>
  row.tenant === tenant && row.currency === currency
