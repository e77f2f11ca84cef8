import type { Pool } from 'pg'
import { suspectAfter } from '../intents/queue.ts'
import type { LineKey } from '../ledger/explain-line.ts'
import { type State, terminalStates } from '../transfer/state.ts'
import type { ActionType } from './action.ts'
import { stuckAfterMs, unknownForMs } from './stuck-after.ts'

/** Why somebody should look. */
export const stuckReasons = [
  'parked',
  'review',
  'attention',
  'silent',
  'unknown_outcome',
  'suspected',
  'unmatched_fact',
  'doubtful_line',
  'undone',
] as const

export type Stuck = {
  readonly why: (typeof stuckReasons)[number]
  readonly transferId: string | null
  readonly state: State | null
  readonly since: Date
  readonly detail: string
  /** Of a statement, where it is about one. */
  readonly line: LineKey | null
  /** What an operator can do about it; nothing for what happens outside. */
  readonly can: readonly ActionType[]
}

type Row = Omit<Stuck, 'can'>

const remedies = ({ why, state }: Row): readonly ActionType[] => {
  switch (why) {
    case 'parked':
      return ['unpark']
    case 'review':
      return ['markResolved']
    case 'attention':
    case 'silent':
      // Between two banks there is nothing to try again: who has asked both takes it in hand.
      if (state === 'inTransit') return ['forceCompensation']
      return state === 'releasing' ? ['retry', 'forceCompensation'] : ['retry', 'cancel']
    case 'suspected':
    case 'unknown_outcome':
      return ['retry']
    case 'unmatched_fact':
    case 'undone':
      return []
    case 'doubtful_line':
      return ['explainLine']
  }
}

/** What does not move, the oldest first. A parked transfer is named as such and for nothing else. */
export const findStuck = async (pool: Pool, limit: number): Promise<Stuck[]> => {
  const patient = Object.entries(stuckAfterMs).filter(([, ms]) => ms !== null)
  const { rows } = await pool.query<Row>({
    name: 'find_stuck',
    text: `with patience as (select * from unnest($1::text[], $2::float8[]) as p(state, ms)),
      late as (
        select t.id, t.state, t.updated_at, t.parked_reason, t.progress->'failure' as failure, t.progress->'attention' as attention
          from transfers t join patience p on p.state = t.state
         where t.parked_reason is not null or t.progress ? 'attention' or t.updated_at <= now() - p.ms * interval '1 ms'
      ), found as (
        select case when parked_reason is not null then 'parked' when state = 'review' then 'review'
                    when attention is not null then 'attention' else 'silent' end as why,
               id as "transferId", state, updated_at as since,
               coalesce(parked_reason, attention->>'why', failure->>'code' || ': ' || (failure->>'detail'), 'has not moved') as detail,
               null::jsonb as line
          from late
        union all
        select case when i.status = 'UNKNOWN' then 'unknown_outcome' else 'suspected' end, i.transfer_id, t.state, i.created_at,
               i.step || ' at ' || i.target || ', asked ' || i.attempts || ' times, lost ' || i.abandoned || ' workers in a row',
               null
          from intents i join transfers t on t.id = i.transfer_id
         where i.status in ('PENDING', 'IN_FLIGHT', 'UNKNOWN') and t.parked_reason is null
           and (i.abandoned >= $4 or i.status = 'UNKNOWN' and i.created_at <= now() - $3 * interval '1 ms')
        union all
        select 'unmatched_fact', null, null, received_at, source || ' ' || kind || ' ' || fact, null from inbox where unmatched
        union all
        select 'doubtful_line', i.transfer_id, t.state, l.read_at,
               l.verdict || ': ' || l.amount || ' ' || l.currency || ' minor units, ' || l.external_id || ', ' || l.bank_transfer_id,
               jsonb_build_object('rail', l.rail, 'account', l.account, 'cursor', l.cursor)
          from bank_statement_lines l left join intents i on i.key = l.intent_key left join transfers t on t.id = i.transfer_id
         where l.verdict in ('mismatched', 'unexplained') and l.explained_by is null
        union all
        -- It is over, and what its history last says of the fact is that it happened.
        select 'undone', t.id, t.state,
               coalesce((select max(r.at) from chain_reorgs r where r.chain = o.chain and r.ancestor_height < o.block_number), t.updated_at),
               o.type || ' ' || o.escrow_id || ' in block ' || o.block_number || ' of ' || o.chain || ' is no more: ' || o.tx_hash,
               null
          from chain_events o join transfers t on t.escrow_ref = o.ref and t.state = any($6::text[])
         where not o.canonical
           and not exists (select from chain_events c
                            where c.canonical and c.chain = o.chain and c.type = o.type and c.escrow_id = o.escrow_id)
           and (select e.type not like '%Orphaned' from transfer_events e
                 where e.transfer_id = t.id and e.payload->>'fact' = o.fact order by e.version desc limit 1)
      )
      select * from found order by since limit $5`,
    values: [patient.map(([state]) => state), patient.map(([, ms]) => ms), unknownForMs, suspectAfter, limit, terminalStates],
  })
  return rows.map(row => ({ ...row, can: remedies(row) }))
}
