import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { findStray, listStrays, type Sight } from '../deposits/list.ts'
import { strayStates } from '../deposits/stray-deposit.ts'
import { BridgeError } from '../errors.ts'
import type { ApiKey } from './api-key.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
import { bearer, guarded, problems, shows } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { strayDepositJson, strayDepositSchema, strayId, strayIdShape } from './stray-deposit-json.ts'

const listQuery = z.strictObject({ ...pageQuery, state: z.enum(strayStates).optional() })

/** What came under nobody's ref is nobody's but the operators'. */
const sightOf = ({ scopes, tenant }: ApiKey): Sight => (scopes.includes('operator') ? 'all' : { tenant })

/** Money that came and that no transfer takes: where it is on its way back. */
export const strayDepositRoutes =
  ({ pool }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const common = { tags: ['Deposits'], security: bearer }
    const config = { scope: 'transfers:read' } as const

    app.get('/deposits', {
      config,
      schema: {
        ...common,
        operationId: 'listStrayDeposits',
        summary: 'List deposits that no transfer takes, newest first',
        description: 'Those under the refs of your transfers; all of them for a key of scope `operator`.',
        querystring: listQuery,
        response: { 200: shows('A page.', pageOf(strayDepositSchema)), ...problems(...guarded, 'cursor_invalid') },
      },
      handler: async request => {
        const { cursor, limit, state } = request.query
        const before = decodeCursor('deposits', cursor, strayIdShape)
        const rows = await listStrays(pool, sightOf(request.apiKey), state, before, limit + 1)
        return pageFrom('deposits', rows, limit, row => row.id, strayDepositJson)
      },
    })

    app.get('/deposits/:id', {
      config,
      schema: {
        ...common,
        operationId: 'getStrayDeposit',
        summary: 'Look at a deposit that no transfer takes',
        params: z.strictObject({ id: strayId }),
        response: { 200: shows('The deposit.', strayDepositSchema), ...problems(...guarded, 'deposit_not_found') },
      },
      handler: async request => {
        const stray = await findStray(pool, sightOf(request.apiKey), request.params.id)
        if (stray === undefined) throw new BridgeError('deposit_not_found', { depositId: request.params.id })
        return strayDepositJson(stray)
      },
    })
  }
