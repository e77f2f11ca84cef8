import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { readPools } from '../liquidity/read-pools.ts'
import { money } from '../money/money.ts'
import { amountJson, bearer, guarded, problems, shownAmount, shows, time } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

const poolSchema = z
  .object({
    id: z.string().describe('A bank and a currency, or a chain and a token.'),
    account: z.string().nullable().describe('The ledger account that it stands for.'),
    total: shownAmount.describe('The account’s balance, with what is locked out of it for transfers that are not over.'),
    reserved: shownAmount.describe('Promised to transfers that are not over.'),
    available: shownAmount.describe('What can still be promised. Negative when a return has taken what was promised.'),
    lowWater: z
      .object({ alert: shownAmount, clear: shownAmount })
      .nullable()
      .describe('Less than `alert` opens an alert, `clear` ends it.'),
    alert: z.object({ lowWater: shownAmount, since: time }).nullable().describe('Open since.'),
  })
  .meta({ id: 'LiquidityPool' })

/** What can be paid out, and where it runs low: the house's, not a tenant's. */
export const liquidityRoutes =
  ({ pool, config }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.get('/liquidity', {
      config: { scope: 'operator' },
      schema: {
        operationId: 'listLiquidityPools',
        summary: 'All liquidity pools, with what is promised of them and their alerts',
        tags: ['Ledger'],
        security: bearer,
        querystring: z.strictObject({}),
        response: { 200: shows('All pools.', z.object({ data: z.array(poolSchema) })), ...problems(...guarded) },
      },
      handler: async () => ({
        data: (await readPools(pool)).map(({ id, currency, account, total, reserved, available, alert }) => {
          const mark = config.policy.lowWater[id]
          return {
            id,
            account,
            total: amountJson(total),
            reserved: amountJson(reserved),
            available: amountJson(available),
            lowWater: mark
              ? { alert: amountJson(money(currency, mark.alertMinor)), clear: amountJson(money(currency, mark.clearMinor)) }
              : null,
            alert: alert && { lowWater: amountJson(alert.lowWater), since: alert.since.toISOString() },
          }
        }),
      }),
    })
  }
