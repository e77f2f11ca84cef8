import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { BridgeError } from '../errors.ts'
import type { Outcome } from '../outcome.ts'
import type { Action } from './action.ts'
import { endAction, findAction } from './action-store.ts'

/** What a person can have done on a chain beside the orders of its port. */
export type HandTools = {
  /** Throws `transition_illegal` when nothing is open under the key, and `chain_unavailable` while it cannot be said yet. */
  readonly settle: (intentKey: string, told: { readonly fate: 'succeeded' | 'dead'; readonly by: string }) => Promise<void>
  /** The same key again gives the same transaction again. */
  readonly reclaim: (key: string, ref: `0x${string}`, balanceId: string) => Promise<Outcome<unknown>>
}

// So long one worker has it for himself.
const leaseMs = 60_000

/** Does what was approved and needs a call outside. What cannot be said yet is asked again. `tools` are by chain. */
export const obeyActions = async (pool: Pool, tools: ReadonlyMap<string, HandTools>): Promise<void> => {
  for (const { action, ref } of await claimActions(pool)) {
    const tool = tools.get(action.scope?.slice('chain:'.length) ?? '')
    if (tool === undefined) continue // another process has the adapter
    const refusal = await act(action, ref, tool)
    if (refusal !== 'later') await endAction(pool, action.id, refusal)
  }
}

const act = async (action: Action, ref: `0x${string}` | null, tool: HandTools): Promise<string | null | 'later'> => {
  const by = `${action.requestedPerson}+${action.decidedPerson}`
  try {
    if ('intentKey' in action.payload) {
      await tool.settle(action.payload.intentKey, { fate: action.payload.fate, by })
      return null
    }
    if (!('balanceId' in action.payload) || ref === null) return 'it names no balance'
    const { balanceId } = action.payload
    // One key for each balance, whoever asks and however often.
    const key = createHash('sha256').update(`reclaimDelivery:${action.scope}:${balanceId}`).digest('hex')
    const outcome = await tool.reclaim(key, ref, balanceId)
    if (outcome.kind === 'unknown') return 'later'
    return outcome.kind === 'done' ? null : `${outcome.code}: ${outcome.detail}`
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'transition_illegal')
      return `${error.code}: ${JSON.stringify(error.details)}`
    return 'later'
  }
}

const claimActions = async (pool: Pool): Promise<{ action: Action; ref: `0x${string}` | null }[]> => {
  const { rows } = await pool.query<{ id: string; ref: `0x${string}` | null }>({
    name: 'claim_operator_actions',
    text: `with due as (
             select id from operator_actions
              where type in ('settleByHand', 'reclaimDelivery') and decision = 'approve' and obeyed_at is null and refusal is null
                and coalesce(claimed_until, '-infinity') <= now()
              order by id limit 10 for update skip locked
           )
           update operator_actions a set claimed_until = now() + $1 * interval '1 ms' from due where a.id = due.id
           returning a.id, (select t.escrow_ref from transfers t where t.id = a.transfer_id) as ref`,
    values: [leaseMs],
  })
  return Promise.all(rows.map(async ({ id, ref }) => ({ action: (await findAction(pool, id))!, ref })))
}
