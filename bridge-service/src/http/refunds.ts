import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { parsePositive } from '../money/decimal.ts'
import { fromJson, toJson } from '../money/money.ts'
import { openRefund } from '../refunds/open-refund.ts'
import { type Refund, refundColumns } from '../refunds/refund.ts'
import { inTransaction } from '../transaction.ts'
import { type TransferId, typeId } from '../transfer/id.ts'
import { atField } from './at-field.ts'
import { answerOnce, claimOf, idempotencyHeaders, orStored, setAnswerHeaders, storedAnswer } from './idempotency.ts'
import {
  amount,
  amountJson,
  bearer,
  guarded,
  plainText,
  posted,
  problems,
  shownAmount,
  shows,
  time,
  transferId,
} from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { findTransfer } from './transfer-store.ts'

const refundRequest = z
  .strictObject({ amount: amount.optional().describe('All that is left where nothing is said.'), reason: plainText(500) })
  .meta({ id: 'RefundRequest' })

const refundSchema = z
  .object({
    id: z.string(),
    refundOf: transferId,
    kind: z.enum(['owed', 'goodwill']).describe('`owed`: of what the transfer left open. `goodwill`: decided by two operators.'),
    amount: shownAmount,
    state: z
      .enum(['requested', 'crediting', 'completed', 'returned', 'failed'])
      .describe(
        '`completed`: the bank has settled it. `returned`: it came back from the customer’s bank since, and what is owed is owed again. `failed`: the bank pays nothing of it, and it can be asked for again.',
      ),
    reason: z.string(),
    failure: z.string().nullable(),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Refund' })

const refundJson = (refund: Refund): z.output<typeof refundSchema> => ({
  id: refund.id,
  refundOf: refund.refundOf as TransferId,
  kind: refund.kind,
  amount: amountJson(fromJson({ currency: refund.currency, minor: refund.minor })),
  state: refund.state,
  reason: refund.reason,
  failure: refund.failure,
  createdAt: refund.createdAt.toISOString(),
  updatedAt: refund.updatedAt.toISOString(),
})

/** Refunds: new payments beside a transfer, of what it still owes its customer. */
export const refundRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool } = deps
    const common = { tags: ['Refunds'], security: bearer }
    const params = z.strictObject({ id: transferId })

    app.post('/transfers/:id/refunds', {
      config: { scope: 'transfers:write' },
      schema: {
        ...common,
        operationId: 'refundTransfer',
        summary: 'Pay back what a transfer owes',
        description:
          'To the bank account that the transfer knows of its customer, in whole or in part, as a new payment: the transfer itself is not changed. Possible where a transfer in `review` owes its customer fiat (a payout that came back, a delivery that nobody fetched).',
        headers: idempotencyHeaders,
        params,
        body: refundRequest,
        response: {
          202: shows('Asked for. It is paid after the answer: follow `Location`.', refundSchema),
          ...problems(
            ...posted,
            ...(['transfer_not_found', 'refund_not_allowed', 'refund_too_large', 'amount_invalid', 'asset_unknown'] as const),
            ...(['amount_not_positive', 'amount_too_precise'] as const),
          ),
        },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const { amount: wanted, reason } = request.body
        const amount = wanted && toJson(atField('amount.value', () => parsePositive(wanted.value, wanted.asset)))
        const answer = await orStored(pool, claim, () =>
          inTransaction(pool, async tx => {
            // One after the other for one key, so that a request that is sent twice at once is one refund.
            await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [`${claim.tenant}\n${claim.key}`])
            const stored = await storedAnswer(tx, claim)
            if (stored !== undefined) return stored
            const refund = await openRefund(tx, {
              id: typeId('rf', deps.newUuid()),
              transferId: request.params.id as TransferId,
              tenant: claim.tenant,
              kind: 'owed',
              amount,
              reason,
              requestedBy: `api:${request.apiKey.id}`,
            })
            const location = `/v1/transfers/${refund.refundOf}/refunds`
            const answer = { status: 202, response: refundJson(refund), location }
            return answerOnce(tx, claim, answer, { name: 'refund', sql: 'select from claimed', values: [] })
          }),
        )
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as z.output<typeof refundSchema>)
      },
    })

    app.get('/transfers/:id/refunds', {
      config: { scope: 'transfers:read' },
      schema: {
        ...common,
        operationId: 'listRefunds',
        summary: 'What was paid back of a transfer',
        params,
        response: {
          200: shows('The oldest first.', z.object({ data: z.array(refundSchema) })),
          ...problems(...guarded, 'transfer_not_found'),
        },
      },
      handler: async request => {
        const { id } = await findTransfer(pool, request.apiKey.tenant, request.params.id)
        const { rows } = await pool.query<Refund>(`select ${refundColumns} from refunds r where r.refund_of = $1 order by r.id`, [
          id,
        ])
        return { data: rows.map(refundJson) }
      },
    })
  }
