import type pg from 'pg'
import { finalFacts, type Queryable } from '../../../indexer/src/queries.ts'

export type HeadRow = {
  readonly hash: string
  readonly height: number
  readonly finalized: number
  /** Up to here a second reading agrees. */
  readonly verified: number
  readonly alarm: string | null
  readonly halted: string | null
}

export const readHead = async (db: pg.Pool, chain: string): Promise<HeadRow | undefined> => {
  const { rows } = await db.query({
    name: 'fuzz_head',
    text: `select cursor_hash as hash, cursor_height::int as height, finalized_height::int as finalized,
                  coalesce(verified_height, finalized_height)::int as verified, alarm, halted_reason as halted
             from chain_heads where chain = $1`,
    values: [chain],
  })
  return rows[0]
}

/** Lets somebody wait for a payout of something that is final; undefined when there is nothing. `due`: may it be paid now? */
export const waitForPayout = async (db: pg.Pool, chain: string, finalized: number) => {
  const { rows } = await db.query(
    'select fact from chain_events where chain = $1 and canonical and block_number <= $2 order by block_number desc limit 1',
    [chain, finalized],
  )
  const fact: string | undefined = rows[0]?.fact
  if (fact === undefined) return undefined
  await db.query('update inbox set consumed = revision where source = $1 and fact = $2', [chain, fact])
  await db.query(`insert into finality_waits values ($1, 'fuzz', $2, 'finalized', $3, $4)`, [
    `tr_${chain}`,
    chain,
    finalized,
    fact,
  ])
  return {
    due: async () => (await finalFacts(db as unknown as Queryable, 10_000)).some(due => due.chain === chain && due.fact === fact),
    forget: () => db.query('delete from finality_waits where chain = $1', [chain]),
  }
}

/** What the first operator's word leaves behind. */
export const requestResume = async (db: pg.Pool, chain: string, branch: 'ours' | 'theirs'): Promise<string> => {
  const { rows } = await db.query(
    `insert into operator_actions (id, type, scope, reason, payload, payload_hash, four_eyes, requested_by, requested_person, expires_at)
     select 'oa_' || gen_random_uuid(), 'resumeChain', 'chain:' || chain, 'fuzz',
            jsonb_build_object('branch', $2::text, 'haltedReason', halted_reason), repeat('0', 64), true, 'operator:one', 'one',
            now() + interval '1 day'
       from chain_heads where chain = $1 returning id`,
    [chain, branch],
  )
  return rows[0].id
}

/** And the second one's. */
export const approveResume = (db: pg.Pool, id: string) =>
  db.query(
    `update operator_actions set decision = 'approve', decided_by = 'operator:two', decided_person = 'two', decided_at = now() where id = $1`,
    [id],
  )
