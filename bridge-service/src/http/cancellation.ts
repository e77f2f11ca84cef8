import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { decide } from '../transfer/decide.ts'
import { answerOnce, claimOf, idempotencyHeaders, orStored, setAnswerHeaders } from './idempotency.ts'
import { bearer, plainText, posted, problems, shows, transferId } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { type TransferJson, transferJson, transferSchema } from './transfer-json.ts'
import { findTransfer } from './transfer-store.ts'

const cancelRequest = z.strictObject({ reason: plainText(500) }).meta({ id: 'CancelRequest' })

/**
 * Asks to turn a transfer back. The machine is asked first, so what is past the pivot is refused at once; what it allows goes to the
 * saga's inbox and is decided again there, on what is true by then.
 */
export const cancellationRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool } = deps

    app.post('/transfers/:id/cancel', {
      config: { scope: 'transfers:write' },
      schema: {
        operationId: 'cancelTransfer',
        summary: 'Ask to cancel a transfer',
        description:
          'Accepted means asked, not done: the bank or the chain may be quicker. What was debited comes back as a new payment; follow the transfer to its end.',
        tags: ['Transfers'],
        security: bearer,
        headers: idempotencyHeaders,
        params: z.strictObject({ id: transferId }),
        body: cancelRequest,
        response: {
          202: shows('Asked. The transfer as it stood then.', transferSchema),
          ...problems(...posted, 'transfer_not_found', 'transfer_not_cancelable'),
        },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const { id } = request.params
        const { reason } = request.body
        const answer = await orStored(pool, claim, async () => {
          const transfer = await findTransfer(pool, claim.tenant, id)
          const decision = decide(transfer, { type: 'cancelCommand', reason }, deps.nowMs())
          if ('refusal' in decision) throw new BridgeError(decision.refusal, { state: decision.detail })
          return answerOnce(
            pool,
            claim,
            {
              status: 202,
              response: transferJson(transfer, transfer.updatedAt, deps.chains),
              location: `/v1/transfers/${id}`,
            },
            {
              name: 'cancel',
              sql: `insert into inbox (source, fact, subject, kind, payload)
                    select 'command', $8::text, $9::text, 'cancel', $10::jsonb from claimed on conflict do nothing`,
              values: [`${id}:cancel:${claim.key}`, id, JSON.stringify({ reason, actor: `api:${request.apiKey.id}` })],
            },
          )
        })
        if (!answer.replayed) deps.wakeSaga()
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as TransferJson)
      },
    })
  }
