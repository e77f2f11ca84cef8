import type { Action, Operator } from '../../../bridge-service/src/operators/action.ts'
import type { Floor } from '../../../bridge-service/src/operators/speak.ts'
import { checkViolation, uniqueViolation } from './database-error.ts'
import { frozen } from './frozen.ts'
import type { ActionRow, Tables } from './tables.ts'
import type { MemoryTx } from './transaction.ts'

/** The floor of operators: they speak one after the other until the transaction ends. */
export const takeTheFloor = async (tx: MemoryTx, tables: Tables): Promise<Floor> => {
  await tx.lock(['operators'])
  return {
    insert: async ({ id, type, transferId, scope, reason, payload, payloadHash, fourEyes, ttlMs }, { by, person }) => {
      if (tx.get(tables.operator_actions, id) !== undefined) throw uniqueViolation('operator_actions', id)
      const row: ActionRow = {
        ...{ id, type, transfer_id: transferId, scope, reason, payload: frozen(payload), payload_hash: payloadHash },
        ...{ four_eyes: fourEyes, requested_by: by, requested_person: person, requested_at: tx.nowMs },
        ...{ expires_at: tx.nowMs + ttlMs, decision: null, decided_by: null, decided_person: null, decided_at: null },
        ...{ obeyed_at: null, refusal: null },
      }
      keep(tx, tables, row)
      note(tx, tables, { action_id: id, event: 'requested', actor: by, reason })
      return actionOf(tx, row)
    },
    find: async id => {
      const row = tx.get(tables.operator_actions, id)
      return row && actionOf(tx, row)
    },
    decide: async (id, decision, reason, { by, person }: Operator) => {
      const row = tx.get(tables.operator_actions, id)
      if (row === undefined || row.decision !== null) return undefined
      const decided: ActionRow = { ...row, decision, decided_by: by, decided_person: person, decided_at: tx.nowMs }
      keep(tx, tables, decided)
      note(tx, tables, { action_id: id, event: decision === 'approve' ? 'approved' : 'rejected', actor: by, reason })
      return actionOf(tx, decided)
    },
  }
}

/** It is done, or could not be. Only the first word counts. */
export const endAction = async (
  tx: MemoryTx,
  tables: Tables,
  id: string,
  refusal: string | null,
  actor: 'saga' | 'indexer' = 'saga',
): Promise<Action | undefined> => {
  await tx.lock([`action ${id}`])
  const row = tx.get(tables.operator_actions, id)
  if (row === undefined || row.obeyed_at !== null || row.refusal !== null) return undefined
  const ended: ActionRow = { ...row, obeyed_at: refusal === null ? tx.nowMs : null, refusal }
  keep(tx, tables, ended)
  note(tx, tables, { action_id: id, event: refusal === null ? 'obeyed' : 'refused', actor, reason: refusal })
  return actionOf(tx, ended)
}

/** Keeps a row within the laws of its table. */
const keep = (tx: MemoryTx, { operator_actions }: Tables, row: ActionRow) => {
  const { decision, decided_at, obeyed_at, refusal } = row
  if (decision === 'approve' && (row.decided_by === row.requested_by || row.decided_person === row.requested_person))
    throw checkViolation('one person has asked and approved')
  if (decided_at !== null && decided_at > row.expires_at) throw checkViolation('it was decided too late')
  if (row.four_eyes && (obeyed_at !== null || refusal !== null) && decision !== 'approve')
    throw checkViolation('nobody has approved it')
  if (row.type === 'resumeChain' && !row.four_eyes) throw checkViolation('it takes two')
  tx.put(operator_actions, row.id, row)
}

const note = (
  tx: MemoryTx,
  { operator_audit }: Tables,
  said: { action_id: string; event: string; actor: string; reason: string | null },
) => tx.put(operator_audit, `${said.action_id} ${said.event}`, { ...said, at: tx.nowMs })

const actionOf = ({ nowMs }: MemoryTx, row: ActionRow): Action => ({
  ...{ id: row.id, type: row.type, transferId: row.transfer_id, scope: row.scope, reason: row.reason, payload: row.payload },
  ...{ payloadHash: row.payload_hash, fourEyes: row.four_eyes, requestedBy: row.requested_by },
  ...{ requestedPerson: row.requested_person, requestedAt: new Date(row.requested_at), expiresAt: new Date(row.expires_at) },
  ...{ decision: row.decision, decidedBy: row.decided_by, decidedPerson: row.decided_person },
  ...{ decidedAt: dateOf(row.decided_at), obeyedAt: dateOf(row.obeyed_at), refusal: row.refusal },
  isExpired: row.decision === null && row.four_eyes && row.expires_at <= nowMs,
})

const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
