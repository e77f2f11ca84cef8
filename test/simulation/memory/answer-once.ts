import { createHash } from 'node:crypto'
import type { Action } from '../../../bridge-service/src/operators/action.ts'
import type { Floor } from '../../../bridge-service/src/operators/speak.ts'
import { takeTheFloor } from './action-store.ts'
import { inOneStatement } from './statement.ts'
import type { MemoryDatabase, MemoryTx } from './transaction.ts'

const route = 'POST /v1/operator/actions'
const tenant = 'house'

/** One transaction of the operators' API: what its key was answered with before is answered again, and done no second time. */
export const answerOnce = (
  database: MemoryDatabase,
  key: string,
  act: (tx: MemoryTx, floor: Floor) => Promise<Action>,
): Promise<Action> =>
  inOneStatement(database, undefined, async tx => {
    const { idempotency_keys: keys } = database.tables
    const floor = await takeTheFloor(tx, database.tables)
    const stored = tx.get(keys, `${tenant} ${key}`)
    if (stored !== undefined) return stored.response as Action
    const response = await act(tx, floor)
    tx.put(keys, `${tenant} ${key}`, {
      ...{ tenant, key, route, status: 202, response, location: `/v1/operator/actions/${response.id}` },
      ...{ request_hash: createHash('sha256').update(key).digest(), created_at: tx.nowMs },
    })
    return response
  })
