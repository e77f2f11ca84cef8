import { forgottenAfterMs } from '../../../bridge-service/src/saga/in-hand.ts'
import type { TransferId } from '../../../bridge-service/src/transfer/id.ts'
import type { Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

const distinct = (ids: readonly TransferId[]) => [...new Set(ids)].sort()

export const takeInHand = async (
  tx: MemoryTx,
  { transfers_in_hand: inHand }: Tables,
  nowMs: number,
  ids: readonly TransferId[],
  suspectAfter: number,
): Promise<ReadonlyMap<TransferId, number>> => {
  await tx.lock(distinct(ids).map(id => `in hand ${id}`))
  const lost = new Map(
    distinct(ids).map(id => {
      const row = tx.get(inHand, id)
      return [id, row !== undefined && row.since > nowMs - forgottenAfterMs ? row.times : 0] as const
    }),
  )
  for (const [id, times] of lost)
    if (times < suspectAfter) tx.put(inHand, id, { transfer_id: id, times: times + 1, since: nowMs })
  return lost
}

export const putDown = async (tx: MemoryTx, { transfers_in_hand: inHand }: Tables, ids: readonly TransferId[]): Promise<void> => {
  await tx.lock(distinct(ids).map(id => `in hand ${id}`))
  for (const id of ids) tx.put(inHand, id, undefined)
}
