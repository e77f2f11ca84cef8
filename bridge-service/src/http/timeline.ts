import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Pool } from 'pg'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { bearer, guarded, problems, shows, time, transferId } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { eventChainSql, type TransferEventRow, transferEventJson, transferEventSchema } from './transfer-event-json.ts'

const timelineSchema = z
  .object({
    transferId,
    events: z.array(
      transferEventSchema.extend({
        actor: z.string().nullable().describe('`saga`, `api:<key id>`, a bank or a chain.'),
        cause: z.string().nullable().describe('The input that moved the transfer.'),
      }),
    ),
    intents: z
      .array(
        z.object({
          step: z.string(),
          attempt: z.int().describe('0 is the first wish; a refused one may be followed by another.'),
          target: z.string(),
          reference: z.string().describe('Our reference at the bank or chain.'),
          status: z.enum(['PENDING', 'IN_FLIGHT', 'SUCCEEDED', 'FAILED', 'UNKNOWN']),
          attempts: z.int().describe('How often a worker took it up again.'),
          createdAt: time,
          updatedAt: time,
        }),
      )
      .describe('Every wish to cause an effect outside, oldest first.'),
  })
  .meta({ id: 'Timeline' })

/** All that happened to a transfer, and why. */
export const timelineRoutes =
  ({ pool }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.get('/transfers/:id/timeline', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'getTimeline',
        summary: 'See what happened, and why',
        tags: ['Transfers'],
        security: bearer,
        params: z.strictObject({ id: transferId }),
        response: {
          200: shows('Events and intents, oldest first.', timelineSchema),
          ...problems(...guarded, 'transfer_not_found'),
        },
      },
      handler: async request => {
        const { tenant } = request.apiKey
        const { id } = request.params
        const history = await readTimeline(pool, tenant, id)
        if (history === undefined) throw new BridgeError('transfer_not_found', { transferId: id })
        return {
          transferId: id,
          events: history.events.map(({ actor, cause, ...event }) => ({ ...transferEventJson(event), actor, cause })),
          intents: history.intents.map(intent => ({
            ...intent,
            createdAt: new Date(intent.createdAt).toISOString(),
            updatedAt: new Date(intent.updatedAt).toISOString(),
          })),
        }
      },
    })
  }

type History = {
  readonly events: (TransferEventRow & { readonly actor: string | null; readonly cause: string | null })[]
  readonly intents: z.output<typeof timelineSchema>['intents']
}

const readTimeline = async (pool: Pool, tenant: string, id: string): Promise<History | undefined> => {
  const { rows } = await pool.query<History>({
    name: 'read_timeline',
    text: `select
        (select coalesce(jsonb_agg(jsonb_build_object(
                  'transferId', e.transfer_id, 'version', e.version, 'type', e.type, 'payload', e.payload, 'fromState', e.from_state,
                  'toState', e.to_state, 'at', e.at, 'chain', ${eventChainSql}, 'actor', a.actor, 'cause', a.cause) order by e.version), '[]')
           from transfer_events e left join audit_log a on a.transfer_id = e.transfer_id and a.version = e.version
          where e.transfer_id = t.id) as events,
        (select coalesce(jsonb_agg(jsonb_build_object(
                  'step', i.step, 'attempt', i.attempt, 'target', i.target, 'reference', 'CW' || left(i.key, 32), 'status', i.status,
                  'attempts', i.attempts, 'createdAt', i.created_at, 'updatedAt', i.updated_at) order by i.created_at, i.attempt), '[]')
           from intents i where i.transfer_id = t.id) as intents
      from transfers t where t.id = $1 and t.tenant = $2`,
    values: [id, tenant],
  })
  return rows[0]
}
