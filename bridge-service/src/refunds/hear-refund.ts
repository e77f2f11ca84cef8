import type { ClientBase, Pool } from 'pg'
import type { RailFact } from '../rails/rail.ts'

type Said = Pick<RailFact, 'type' | 'externalId'>

/**
 * What a bank says by itself of a refund: it is asked about it at once, and its answer counts. Returns whether that is all that there is to
 * do. What happens to a refund that was over is nobody's but a person's, as is what names no refund of ours.
 */
export const hearRefund = async (db: Pool | ClientBase, rail: string, { type, externalId }: Said): Promise<boolean> => {
  const { rowCount } = await db.query({
    name: 'hear_refund',
    text: `update refunds set next_at = case when state in ('requested', 'crediting') then now() else next_at end
            where rail = $1 and request->>'externalId' = $2
              and (state in ('requested', 'crediting') or state = 'completed' and $3 in ('submitted', 'settled')
                   or state = 'failed' and $3 = any (array['rejected', 'returned']))`,
    values: [rail, externalId, type],
  })
  return rowCount === 1
}
