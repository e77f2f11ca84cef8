import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Pool } from 'pg'
import { z } from 'zod'
import type { Currency } from '../money/currency.ts'
import { money } from '../money/money.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
import { amountJson, bearer, guarded, problems, shownAmount, shows, time, transferId, transferIdShape } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

const receivableStates = ['open', 'partlyRecovered', 'recovered', 'writtenOff', 'reversed', 'overpaid'] as const

const receivableSchema = z
  .object({
    transferId,
    state: z
      .enum(receivableStates)
      .describe('`reversed`: the bank took its return back. `overpaid`: more came back than was owed.'),
    owed: shownAmount.describe('What the return took after the delivery.'),
    recovered: shownAmount,
    writtenOff: shownAmount,
    openedAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Receivable' })

type ReceivableRow = {
  readonly transferId: string
  readonly currency: Currency
  readonly state: (typeof receivableStates)[number]
  readonly owed: string
  readonly recovered: string
  readonly writtenOff: string
  readonly openedAt: Date
  readonly updatedAt: Date
}

/** What customers owe after returns that came too late to roll back. */
export const receivableRoutes =
  ({ pool }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.get('/receivables', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'listReceivables',
        summary: 'List what customers owe, newest transfer first',
        tags: ['Receivables'],
        security: bearer,
        querystring: z.strictObject({ ...pageQuery, state: z.enum(receivableStates).optional() }),
        response: { 200: shows('A page.', pageOf(receivableSchema)), ...problems(...guarded, 'cursor_invalid') },
      },
      handler: async request => {
        const { cursor, limit, state } = request.query
        const before = decodeCursor('receivables', cursor, transferIdShape)
        const rows = await listReceivables(pool, request.apiKey.tenant, state, before, limit + 1)
        return pageFrom('receivables', rows, limit, row => row.transferId, receivableJson)
      },
    })
  }

const receivableJson = ({ transferId, currency, state, openedAt, updatedAt, ...amounts }: ReceivableRow) => {
  const amount = (minor: string) => amountJson(money(currency, BigInt(minor)))
  return {
    transferId,
    state,
    owed: amount(amounts.owed),
    recovered: amount(amounts.recovered),
    writtenOff: amount(amounts.writtenOff),
    openedAt: openedAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

const columns = `transfer_id as "transferId", currency, state, owed, recovered, written_off as "writtenOff",
                 opened_at as "openedAt", updated_at as "updatedAt"`

/** Newest first, from behind `before`. A transfer owes in one currency, that of its source. */
const listReceivables = async (
  pool: Pool,
  tenant: string,
  state: string | undefined,
  before: string | undefined,
  limit: number,
): Promise<ReceivableRow[]> => {
  const { rows } = await pool.query<ReceivableRow>({
    name: 'list_receivables',
    text: `select ${columns} from receivables where tenant = $1 and transfer_id < $2 and ($3::text is null or state = $3)
            order by transfer_id desc limit $4`,
    values: [tenant, before ?? 'tr_~', state ?? null, limit],
  })
  return rows
}
