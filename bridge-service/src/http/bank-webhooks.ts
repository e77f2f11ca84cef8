import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Pool } from 'pg'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import type { RailWebhook } from '../rails/rail.ts'
import { hearRefund } from '../refunds/hear-refund.ts'
import { plainText, problems } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

/** What a bank tells us: proven by its signature over the raw bytes, kept once, acted on by the saga. */
export const bankWebhookRoutes =
  ({ pool, rails, wakeSaga }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    // The signature is over the bytes, so nobody parses them before it is verified, whatever they claim to be.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

    app.post('/bank_webhooks/:bankId', {
      schema: {
        operationId: 'receiveBankWebhook',
        summary: 'For banks: tell us about an order',
        description:
          'Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`. The same id again changes nothing.',
        tags: ['Banks'],
        params: z.strictObject({ bankId: plainText(80) }),
        response: {
          204: z.undefined().describe('Kept.'),
          ...problems('bank_not_found', 'signature_invalid', 'request_invalid', 'body_too_large', 'database_unavailable'),
        },
      },
      handler: async (request, reply) => {
        const { bankId } = request.params
        const rail = rails.get(bankId)
        if (rail === undefined) throw new BridgeError('bank_not_found', { bankId })
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
        const webhook = rail.verifyWebhook(headers, typeof request.body === 'string' ? request.body : '')
        if (await keep(pool, bankId, webhook)) wakeSaga()
        return reply.code(204).send()
      },
    })
  }

/** Returns whether it is news for the saga. */
const keep = async (pool: Pool, bankId: string, { id, fact }: RailWebhook): Promise<boolean> => {
  if (await hearRefund(pool, bankId, fact)) return false
  const { rowCount } = await pool.query({
    name: 'keep_bank_webhook',
    text: `insert into inbox (source, fact, subject, kind, payload) values ($1, $2, $3, 'railFact', $4) on conflict do nothing`,
    values: [bankId, id, fact.externalId, JSON.stringify(fact)],
  })
  return rowCount === 1
}
