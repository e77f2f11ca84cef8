import type { ClientBase, Pool } from 'pg'
import type { Action, Operator } from './action.ts'
import type { Floor, FreshAction } from './speak.ts'

type Database = Pool | ClientBase

const columns = `a.id, a.type, a.transfer_id as "transferId", a.scope, a.reason, a.payload, a.payload_hash as "payloadHash",
  a.four_eyes as "fourEyes", a.requested_by as "requestedBy", a.requested_person as "requestedPerson", a.requested_at as "requestedAt",
  a.expires_at as "expiresAt", a.decision, a.decided_by as "decidedBy", a.decided_person as "decidedPerson", a.decided_at as "decidedAt",
  a.obeyed_at as "obeyedAt", a.refusal, a.decision is null and a.four_eyes and a.expires_at <= now() as "isExpired"`

/** Operators are few, and speak one after the other until the transaction ends. */
export const takeTheFloor = (tx: ClientBase) =>
  tx.query(`select pg_advisory_xact_lock(hashtextextended('causeway_operators', 0))`)

/** The floor, once it is taken. */
export const postgresFloor = (tx: ClientBase): Floor => ({
  insert: (action, operator) => insertAction(tx, action, operator),
  find: id => findAction(tx, id),
  decide: (id, decision, reason, operator) => decideAction(tx, id, decision, reason, operator),
})

export const insertAction = async (tx: ClientBase, asked: FreshAction, { by, person }: Operator): Promise<Action> => {
  const { rows } = await tx.query<Action>({
    name: 'insert_operator_action',
    text: `with said as (
             insert into operator_actions as a (id, type, transfer_id, scope, reason, payload, payload_hash, four_eyes, requested_by,
                                                requested_person, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11 * interval '1 ms') returning ${columns}
           ), noted as (
             insert into operator_audit (action_id, event, actor, reason) values ($1, 'requested', $9, $5)
           ) select * from said`,
    values: [
      ...[asked.id, asked.type, asked.transferId, asked.scope, asked.reason, asked.payload, asked.payloadHash, asked.fourEyes],
      ...[by, person, asked.ttlMs],
    ],
  })
  return rows[0]!
}

export const findAction = async (db: Database, id: string): Promise<Action | undefined> => {
  const { rows } = await db.query<Action>({
    name: 'find_operator_action',
    text: `select ${columns} from operator_actions a where a.id = $1`,
    values: [id],
  })
  return rows[0]
}

/** Newest first, from behind `before`; of one type, or of all. */
export const listActions = async (
  pool: Pool,
  before: string | undefined,
  limit: number,
  type?: Action['type'],
): Promise<Action[]> => {
  const { rows } = await pool.query<Action>({
    name: 'list_operator_actions',
    text: `select ${columns} from operator_actions a where a.id < $1 and ($3::text is null or a.type = $3) order by a.id desc limit $2`,
    values: [before ?? 'oa_~', limit, type ?? null],
  })
  return rows
}

/** What was said about the halts that there are, newest first. The indexer obeys what was approved of it. */
export const presentResumes = async (pool: Pool): Promise<Action[]> => {
  const { rows } = await pool.query<Action>({
    name: 'present_resumes',
    text: `select ${columns} from chain_heads h join operator_actions a
               on a.type = 'resumeChain' and a.scope = 'chain:' || h.chain and a.payload->>'haltedReason' = h.halted_reason
            order by a.requested_at desc limit 1000`,
    values: [],
  })
  return rows
}

/** The database refuses an approval by who has asked, and one that comes too late. */
const decideAction = async (
  tx: ClientBase,
  id: string,
  decision: 'approve' | 'reject',
  reason: string | null,
  { by, person }: Operator,
): Promise<Action | undefined> => {
  const { rows } = await tx.query<Action>({
    name: 'decide_operator_action',
    text: `with said as (
             update operator_actions a set decision = $2, decided_by = $3, decided_person = $4, decided_at = now()
              where a.id = $1 and a.decision is null returning ${columns}
           ), noted as (
             insert into operator_audit (action_id, event, actor, reason)
             select id, case $2 when 'approve' then 'approved' else 'rejected' end, $3, $5 from said
           ) select * from said`,
    values: [id, decision, by, person, reason],
  })
  return rows[0]
}

/** It is done, or could not be: `refusal` says why. Only the first word counts. */
export const endAction = async (db: Database, id: string, refusal: string | null): Promise<Action | undefined> => {
  const { rows } = await db.query<Action>({
    name: 'end_operator_action',
    text: `with said as (
             update operator_actions a set obeyed_at = case when $2::text is null then now() end, refusal = $2
              where a.id = $1 and a.obeyed_at is null and a.refusal is null returning ${columns}
           ), noted as (
             insert into operator_audit (action_id, event, actor, reason)
             select id, case when $2::text is null then 'obeyed' else 'refused' end, 'saga', $2 from said
           ) select * from said`,
    values: [id, refusal],
  })
  return rows[0]
}

/** What became of an action that was handed to the machine: it has moved the transfer, or by then meant nothing any more. */
export const effectOf = async (pool: Pool, { id, transferId }: Action): Promise<'waiting' | 'moved' | 'ignored' | 'none'> => {
  const { rows } = await pool.query<{ effect: 'waiting' | 'moved' | 'ignored' }>({
    name: 'operator_action_effect',
    text: `select case when exists (select from audit_log l where l.transfer_id = $2 and l.cause = 'fact:command/action:' || $1) then 'moved'
                       when i.consumed < i.revision then 'waiting' else 'ignored' end as effect
             from inbox i where i.source = 'command' and i.fact = 'action:' || $1`,
    values: [id, transferId],
  })
  return rows[0]?.effect ?? 'none'
}
