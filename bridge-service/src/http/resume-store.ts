import type { ClientBase, Pool } from 'pg'

/** What operators said about a halt. */
export type ResumeRow = {
  readonly id: string
  readonly chain: string
  readonly haltedReason: string
  readonly branch: 'ours' | 'theirs'
  readonly reason: string
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly approvalReason: string | null
  readonly approvedBy: string | null
  readonly approvedAt: Date | null
  readonly obeyedAt: Date | null
  readonly refusal: string | null
}

export type Word = {
  readonly chain: string
  readonly haltedReason: string
  readonly branch: ResumeRow['branch']
  readonly operator: string
  readonly reason: string
}

const columns = `r.id::text, r.chain, r.halted_reason as "haltedReason", r.branch, r.reason, r.requested_by as "requestedBy",
                 r.requested_at as "requestedAt", r.approval_reason as "approvalReason", r.approved_by as "approvedBy",
                 r.approved_at as "approvedAt", r.obeyed_at as "obeyedAt", r.refusal`

/** About the halts that there are, newest first. */
export const presentResumes = async (db: Pool | ClientBase): Promise<ResumeRow[]> => {
  const { rows } = await db.query<ResumeRow>({
    name: 'present_resumes',
    text: `select ${columns} from chain_resumes r join chain_heads h on h.chain = r.chain and h.halted_reason = r.halted_reason
            order by r.id desc limit 1000`,
    values: [],
  })
  return rows
}

/** The operators of one chain speak one after the other, until the transaction ends. */
export const takeTheFloor = (tx: ClientBase, chain: string) =>
  tx.query(`select pg_advisory_xact_lock(hashtextextended('causeway_resume:' || $1, 0))`, [chain])

/** Why the chain is halted; null: it is not; undefined: there is no such chain. */
export const readHalt = async (tx: ClientBase, chain: string): Promise<string | null | undefined> => {
  const { rows } = await tx.query<{ halted_reason: string | null }>({
    name: 'read_halt',
    text: 'select halted_reason from chain_heads where chain = $1',
    values: [chain],
  })
  return rows[0]?.halted_reason
}

/** What waits for another operator's word, for the same branch and about the same halt; oldest first. */
export const openRequests = async (tx: ClientBase, { chain, haltedReason, branch }: Word): Promise<ResumeRow[]> => {
  const { rows } = await tx.query<ResumeRow>({
    name: 'open_resume_requests',
    text: `select ${columns} from chain_resumes r
            where r.chain = $1 and r.halted_reason = $2 and r.branch = $3
              and r.approved_by is null and r.obeyed_at is null and r.refusal is null
            order by r.id`,
    values: [chain, haltedReason, branch],
  })
  return rows
}

export const insertRequest = async (
  tx: ClientBase,
  { chain, haltedReason, branch, reason, operator }: Word,
): Promise<ResumeRow> => {
  const { rows } = await tx.query<ResumeRow>({
    name: 'insert_resume_request',
    text: `insert into chain_resumes as r (chain, halted_reason, branch, reason, requested_by) values ($1, $2, $3, $4, $5) returning ${columns}`,
    values: [chain, haltedReason, branch, reason, operator],
  })
  return rows[0]!
}

export const approveRequest = async (tx: ClientBase, id: string, { operator, reason }: Word): Promise<ResumeRow> => {
  const { rows } = await tx.query<ResumeRow>({
    name: 'approve_resume_request',
    text: `update chain_resumes r set approved_by = $2, approved_at = now(), approval_reason = $3 where r.id = $1 returning ${columns}`,
    values: [id, operator, reason],
  })
  return rows[0]!
}
