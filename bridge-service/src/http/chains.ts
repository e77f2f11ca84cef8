import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { endpointsHealth, heads, reorgs } from '../../../indexer/src/queries.ts'
import { BridgeError } from '../errors.ts'
import { presentResumes } from '../operators/action-store.ts'
import { chainJson, chainSchema, reorgJson, reorgSchema } from './chain-json.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
import { queryable } from './queryable.ts'
import { bearer, chainId, guarded, problems, shows } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

/** The chains as the indexer follows them, for operators: they are the house's, not a tenant's. */
export const chainRoutes =
  ({ pool, config: { chains } }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const common = { tags: ['Chains'], security: bearer }
    const config = { scope: 'chains:read' } as const
    const db = queryable(pool)

    app.get('/chains', {
      config,
      schema: {
        ...common,
        operationId: 'listChains',
        summary: 'Where every chain stands, and what its nodes are worth',
        querystring: z.strictObject({}),
        response: { 200: shows('All chains.', z.object({ data: z.array(chainSchema) })), ...problems(...guarded) },
      },
      handler: async () => {
        const [known, nodes, resumes] = [await heads(db), await endpointsHealth(db), await presentResumes(pool)]
        const ids = [...new Set([...chains.map(({ id }) => id as string), ...known.map(({ chain }) => chain)])].sort()
        return {
          data: ids.map(id =>
            chainJson(
              id,
              known.find(({ chain }) => chain === id),
              nodes.filter(({ chain }) => chain === id),
              resumes.filter(({ scope }) => scope === `chain:${id}`),
            ),
          ),
        }
      },
    })

    app.get('/chains/:id/reorgs', {
      config,
      schema: {
        ...common,
        operationId: 'listReorgs',
        summary: 'The reorgs of a chain, newest first',
        params: z.strictObject({ id: chainId }),
        querystring: z.strictObject(pageQuery),
        response: { 200: shows('A page.', pageOf(reorgSchema)), ...problems(...guarded, 'chain_not_found', 'cursor_invalid') },
      },
      handler: async request => {
        const { id } = request.params
        const { cursor, limit } = request.query
        const before = decodeCursor('reorgs', cursor, /^\d{1,18}$/)
        const rows = await reorgs(db, id, before, limit + 1)
        if (rows.length === 0 && !(await heads(db)).some(({ chain }) => chain === id))
          throw new BridgeError('chain_not_found', { chain: id })
        return pageFrom('reorgs', rows, limit, reorg => reorg.id, reorgJson)
      },
    })
  }
