import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type Currency, isCurrency } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { listExposure } from './exposure-store.ts'
import { amountJson, bearer, guarded, problems, shownAmount, shows } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

const exposureSchema = z
  .object({
    receivables: shownAmount.describe('What is owed after late returns.'),
    advances: shownAmount.describe(
      'What is released, or will be, before its debit is final: it is owed if the debit comes back.',
    ),
    limit: shownAmount
      .nullable()
      .describe('What both may come to. An order that would take them over it is refused. `null`: no limit.'),
  })
  .meta({ id: 'Exposure' })

/** What a tenant is lent, and may be. */
export const exposureRoutes =
  ({ pool, config }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.get('/exposures', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'listExposures',
        summary: 'What is owed and what is advanced, by currency, and the limit of both',
        tags: ['Receivables'],
        security: bearer,
        querystring: z.strictObject({}),
        response: { 200: shows('All currencies.', z.object({ data: z.array(exposureSchema) })), ...problems(...guarded) },
      },
      handler: async request => {
        const { perTenant } = config.policy.exposure
        const known = new Map((await listExposure(pool, request.apiKey.tenant)).map(each => [each.currency, each]))
        const currencies = [...new Set([...known.keys(), ...Object.keys(perTenant).filter(isCurrency)])].sort()
        const shown = (currency: Currency, minor: string | bigint = 0n) => amountJson(money(currency, BigInt(minor)))
        return {
          data: currencies.map(currency => ({
            receivables: shown(currency, known.get(currency)?.receivables),
            advances: shown(currency, known.get(currency)?.advances),
            limit: perTenant[currency] === undefined ? null : shown(currency, perTenant[currency]),
          })),
        }
      },
    })
  }
