import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ClientBase, Pool } from 'pg'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { settleReceivable } from '../ledger/settle-receivable.ts'
import type { Currency } from '../money/currency.ts'
import { parsePositive } from '../money/decimal.ts'
import { money } from '../money/money.ts'
import { inTransaction } from '../transaction.ts'
import { atField } from './at-field.ts'
import { answerOnce, claimOf, idempotencyHeaders, orStored, setAnswerHeaders } from './idempotency.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
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
  transferIdShape,
} from './schemas.ts'
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

const settlementRequest = z
  .strictObject({
    kind: z.enum(['recovered', 'writtenOff']).describe('It has come in at our bank, or it never will.'),
    amount,
    reason: plainText(500).describe('What the operator has seen.'),
  })
  .meta({ id: 'ReceivableSettlement' })

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

    app.post('/receivables/:transferId/settlements', {
      config: { scope: 'operator' },
      schema: {
        operationId: 'settleReceivable',
        summary: 'Say what came of a receivable',
        description: 'Books what was recovered, or the loss, and takes it off what is owed; in part or in full.',
        tags: ['Receivables'],
        security: bearer,
        headers: idempotencyHeaders,
        params: z.strictObject({ transferId }),
        body: settlementRequest,
        response: {
          201: shows('As it stands now.', receivableSchema),
          ...problems(
            ...posted,
            ...(['amount_invalid', 'amount_not_positive', 'amount_too_precise', 'asset_unknown'] as const),
            ...(['transfer_not_found', 'receivable_not_found', 'receivable_exceeded'] as const),
          ),
        },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const { transferId } = request.params
        const { kind, reason } = request.body
        const amount = atField('amount.value', () => parsePositive(request.body.amount.value, request.body.amount.asset))
        const answer = await orStored(pool, claim, () =>
          inTransaction(pool, async tx => {
            const actor = `api:${request.apiKey.id}`
            const tenant = request.apiKey.tenant
            await settleReceivable(tx, { transferId, tenant, kind, amount, actor, reason })
            const response = receivableJson(await findReceivable(tx, transferId, amount.currency))
            const answer = { status: 201, response, location: '/v1/receivables' }
            const once = await answerOnce(tx, claim, answer, { name: 'settlement', sql: 'select from claimed', values: [] })
            // Another request with the same key was quicker: what it has booked is the one settlement.
            if (once.replayed) throw new BridgeError('database_unavailable', { reason: 'the same key is being used' })
            return once
          }),
        )
        setAnswerHeaders(reply, answer)
        return reply.code(201).send(answer.response as z.output<typeof receivableSchema>)
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

const findReceivable = async (client: ClientBase, transferId: string, currency: Currency): Promise<ReceivableRow> => {
  const { rows } = await client.query<ReceivableRow>(
    `select ${columns} from receivables where transfer_id = $1 and currency = $2`,
    [transferId, currency],
  )
  return rows[0]!
}

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
