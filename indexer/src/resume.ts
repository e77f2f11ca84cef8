import type { ClientBase } from 'pg'
import type { BlockRef } from './canonical.ts'
import { IndexerError } from './errors.ts'
import { inTransaction } from './in-transaction.ts'
import { orphanAbove, recordReorg } from './orphan.ts'
import { tell } from './outbox.ts'
import { withdraw } from './withdraw.ts'

/** Two operators' word that a halted chain may go on, and on which branch. */
export type Approval = {
  readonly id: string
  readonly branch: 'ours' | 'theirs'
  readonly reason: string
  readonly requestedBy: string
  readonly approvedBy: string
}

/** The newest approval that answers the halt that there is, if one does. */
export const readApproval = async (db: ClientBase, chain: string): Promise<Approval | undefined> => {
  const { rows } = await db.query<Approval>({
    name: 'indexer_read_approval',
    text: `select a.id, a.payload->>'branch' as branch, a.reason, a.requested_by as "requestedBy", a.decided_by as "approvedBy"
             from operator_actions a join chain_heads h on h.chain = $1 and h.halted_reason = a.payload->>'haltedReason'
            where a.type = 'resumeChain' and a.scope = 'chain:' || $1::text and a.decision = 'approve'
              and a.obeyed_at is null and a.refusal is null
            order by a.decided_at desc, a.id desc limit 1`,
    values: [chain],
  })
  return rows[0]
}

/** Goes on with the branch that we hold. */
export const resumeOurs = (db: ClientBase, chain: string, approval: Approval): Promise<void> =>
  inTransaction(db, () => release(db, chain, approval))

/**
 * Goes on with the branch that contradicts ours: what we hold above `ancestor` is orphaned, final or not, and the saga is told of each fact
 * that is no longer true. `to` is the rival's newest block.
 */
export const resumeTheirs = (
  db: ClientBase,
  chain: string,
  approval: Approval,
  ancestor: BlockRef,
  to: BlockRef,
): Promise<{ orphaned: number }> =>
  inTransaction(db, async () => {
    const { rows } = await db.query<{ cursor_height: string; cursor_hash: BlockRef['hash'] }>(
      'select cursor_height, cursor_hash from chain_heads where chain = $1 for update',
      [chain],
    )
    const from = { number: BigInt(rows[0]!.cursor_height), hash: rows[0]!.cursor_hash }
    const orphaned = await orphanAbove(db, chain, ancestor.number)
    await withdraw(db, chain, orphaned)
    await db.query(
      `update chain_heads
          set cursor_height = $2, cursor_hash = $3, safe_height = least(safe_height, $2), finalized_height = least(finalized_height, $2),
              verified_height = least(verified_height, $2)
        where chain = $1`,
      [chain, ancestor.number, ancestor.hash],
    )
    const depth = from.number - ancestor.number
    await recordReorg(db, chain, { deep: false, depth, ancestor, from, to, orphanedEvents: orphaned.length })
    await release(db, chain, approval)
    return { orphaned: orphaned.length }
  })

/** The approval cannot be followed; a person must say something else. */
export const refuseResume = (db: ClientBase, approval: Approval, refusal: string) => endAction(db, approval.id, refusal)

const release = async (tx: ClientBase, chain: string, { id, branch, reason, requestedBy, approvedBy }: Approval) => {
  if (!(await endAction(tx, id, null))) throw new IndexerError('cursor_moved', { chain, resume: id })
  await tx.query('update chain_heads set halted_reason = null, updated_at = now() where chain = $1', [chain])
  await tell(tx, chain, 'chainResumed', { branch, reason, requestedBy, approvedBy })
}

/** It is done, or could not be: `refusal` says why. Returns whether it was the first word about it. */
const endAction = async (db: ClientBase, id: string, refusal: string | null): Promise<boolean> => {
  const { rowCount } = await db.query(
    `with said as (
       update operator_actions set obeyed_at = case when $2::text is null then now() end, refusal = $2
        where id = $1 and obeyed_at is null and refusal is null returning id
     )
     insert into operator_audit (action_id, event, actor, reason)
     select id, case when $2::text is null then 'obeyed' else 'refused' end, 'indexer', $2 from said`,
    [id, refusal],
  )
  return rowCount === 1
}
