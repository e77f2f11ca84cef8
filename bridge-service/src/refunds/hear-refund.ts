import type { ClientBase, Pool } from 'pg'
import type { RailFact } from '../rails/rail.ts'

export type Said = Pick<RailFact, 'type' | 'externalId' | 'bankTransferId'>

/**
 * What a bank says by itself of a refund: while it is open it is asked about at once, and its answer counts; one that comes back after it has
 * settled, and one that settles after the bank had refused it, is told to its transfer. Returns whether that is all that there is to do: what
 * names no refund of ours, or cannot be of it, is a person's.
 */
export const hearRefund = async (db: Pool | ClientBase, rail: string, said: Said): Promise<boolean> => {
  const { type, externalId, bankTransferId } = said
  const { rowCount } = await db.query({
    name: 'hear_refund',
    text: `with heard as (
             update refunds
                set next_at = case when state in ('requested', 'crediting') then now() else next_at end,
                    updated_at = case when state = 'completed' and $3 = 'returned' or state = 'failed' and $3 = 'settled' then now()
                                      else updated_at end,
                    state = case when state = 'completed' and $3 = 'returned' then 'returned'
                                 when state = 'failed' and $3 = 'settled' then 'completed' else state end,
                    failure = case when $3 = 'settled' then null else failure end,
                    bank_transfer_id = case when state = 'failed' and $3 = 'settled' then $4 else bank_transfer_id end
              where rail = $1 and request->>'externalId' = $2
                and (state in ('requested', 'crediting') or state in ('completed', 'returned') and $3 in ('submitted', 'settled', 'returned')
                     or state = 'failed' and $3 = any (array['rejected', 'settled', 'returned']))
              returning id, refund_of, kind, currency, minor, state
           ), told as (
             insert into inbox (source, fact, subject, kind, payload)
             select 'command', 'refund:' || id || case state when 'returned' then ':returned' else '' end, refund_of, 'operator',
                    jsonb_build_object('actor', $1::text, 'input', jsonb_build_object(
                      'type', case state when 'returned' then 'refundCameBack' else 'refundSettled' end, 'refundId', id, 'kind', kind,
                      'currency', currency, 'minor', minor::text))
               from heard where state in ('completed', 'returned') on conflict do nothing
           )
           select from heard`,
    values: [rail, externalId, type, bankTransferId],
  })
  return rowCount === 1
}
