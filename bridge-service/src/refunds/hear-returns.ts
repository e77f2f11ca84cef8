import type { Pool } from 'pg'
import type { RailFact } from '../rails/rail.ts'
import { inTransaction } from '../transaction.ts'
import { type Refund, refundColumns } from './refund.ts'

/**
 * What a bank tells by itself of refunds that have settled: one that came back is told to its transfer, in the transaction that says so here. Any
 * other news of a refund are asked for while it is paid. No transfer answers to the reference of a refund, so its facts lie beside the inbox.
 */
export const hearReturns = (pool: Pool): Promise<void> =>
  inTransaction(pool, async tx => {
    const { rows } = await tx.query<Refund & { source: string; fact: string; told: RailFact; paid: boolean }>({
      name: 'refund_facts',
      text: `select b.source, b.fact, b.payload as told, r.state = 'completed' as paid, ${refundColumns}
               from inbox b join refunds r on r.request->>'externalId' = b.subject and r.rail = b.source
              where b.unmatched and b.consumed < b.revision and b.kind = 'railFact' and b.subject like 'RF%' and r.state not in ('requested', 'crediting')
              order by b.received_at limit 100 for update skip locked`,
    })
    for (const { source, fact, told, paid, ...refund } of rows) {
      const { id, kind, currency, minor, refundOf } = refund
      if (told.type === 'returned' && paid) {
        const { rowCount } = await tx.query(
          `update refunds set state = 'returned', updated_at = now() where id = $1 and state = 'completed'`,
          [id],
        )
        const input = { type: 'refundCameBack', refundId: id, kind, currency, minor }
        if (rowCount === 1)
          await tx.query(`insert into inbox (source, fact, subject, kind, payload) values ('command', $1, $2, 'operator', $3)`, [
            ...[`refund:${id}:returned`, refundOf, { input, actor: source }],
          ])
      }
      await tx.query('update inbox set consumed = revision, unmatched = false where source = $1 and fact = $2', [source, fact])
    }
  })
