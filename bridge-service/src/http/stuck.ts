import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { actionTypes } from '../operators/action.ts'
import { findStuck, stuckReasons } from '../operators/stuck.ts'
import { states } from '../transfer/state.ts'
import { bearer, guarded, problems, shows, time, transferId } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

const stuckSchema = z
  .object({
    why: z
      .enum(stuckReasons)
      .describe(
        '`attention`: the transfer’s own patience has ended (`detail` says with what). `silent`: longer in its state than that takes. `unknown_outcome`: a bank has not said whether money moved. `suspected`: workers are lost with it. `unmatched_fact`: nobody’s news. `doubtful_line`: no order of ours explains it, or it is not what was ordered. `undone`: the transfer is over, and a reorg below finality has taken what it ended with.',
      ),
    transferId: transferId.nullable(),
    state: z.enum(states).nullable(),
    since: time,
    detail: z.string(),
    line: z.object({ rail: z.string(), account: z.string(), cursor: z.string() }).nullable().describe('Of a bank’s statement.'),
    can: z.array(z.enum(actionTypes)).describe('Actions that may help.'),
  })
  .meta({ id: 'Stuck' })

/** What waits for a person, of all tenants. */
export const stuckRoutes =
  ({ pool }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.get('/operator/stuck', {
      config: { scope: 'operator' },
      schema: {
        operationId: 'listStuck',
        summary: 'What does not move, and what can be done about it',
        tags: ['Operators'],
        security: bearer,
        querystring: z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
        response: { 200: shows('The oldest first.', z.object({ data: z.array(stuckSchema) })), ...problems(...guarded) },
      },
      handler: async request => ({
        data: (await findStuck(pool, request.query.limit)).map(({ since, can, ...each }) => ({
          ...each,
          since: since.toISOString(),
          can: [...can],
        })),
      }),
    })
  }
