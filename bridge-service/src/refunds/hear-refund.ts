import type { ClientBase, Pool } from 'pg'
import type { RailFact } from '../rails/rail.ts'

export type Said = Pick<RailFact, 'type' | 'externalId'>

/**
 * What a bank says by itself of a refund: while it is open it is asked about at once, and its answer counts; so is one that the bank settles after
 * it had refused it, or whose settlement is told after its return, or whose return it takes back when it had told of nothing else. One that comes
 * back after it has settled is told to its transfer. Returns whether that is all that there is to do: what names no refund of ours, or cannot be
 * of it, is a person's.
 */
export const hearRefund = async (db: Pool | ClientBase, rail: string, { type, externalId }: Said): Promise<boolean> => {
  const { rowCount } = await db.query({
    name: 'hear_refund',
    text: `with heard as (
             update refunds
                set next_at = case when state in ('requested', 'crediting') or state = 'failed' and $4 then now() else next_at end,
                    updated_at = case when state = 'completed' and $3 = 'returned' or state = 'failed' and $4 then now()
                                      else updated_at end,
                    state = case when state = 'completed' and $3 = 'returned' then 'returned'
                                 when state = 'failed' and $4 then 'crediting' else state end,
                    failure = case when $4 then null else failure end
              where rail = $1 and request->>'externalId' = $2
                and (state in ('requested', 'crediting') or state in ('completed', 'returned') and $3 in ('submitted', 'settled', 'returned')
                     or state = 'failed' and $3 = any (array['rejected', 'settled', 'returned', 'returnReversed']))
              returning id, refund_of, kind, currency, minor, state
           ), told as (
             insert into inbox (source, fact, subject, kind, payload)
             select 'command', 'refund:' || id || ':returned', refund_of, 'operator', jsonb_build_object('actor', $1::text, 'input',
                      jsonb_build_object('type', 'refundCameBack', 'refundId', id, 'kind', kind, 'currency', currency, 'minor', minor::text))
               from heard where state = 'returned' on conflict do nothing
           )
           select from heard`,
    values: [rail, externalId, type, type === 'settled' || type === 'returnReversed'],
  })
  return rowCount === 1
}
