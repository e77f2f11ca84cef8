import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { parsePositive } from '../money/decimal.ts'
import { toJson } from '../money/money.ts'
import { type Asked, needsFourEyes } from '../operators/action.ts'
import { findAction, insertAction, listActions, takeTheFloor } from '../operators/action-store.ts'
import { perform, rebalanceIdOf } from '../operators/perform.ts'
import { planRebalance } from '../policy/rebalance.ts'
import { houseTenant } from '../rebalances/open-rebalance.ts'
import { inTransaction } from '../transaction.ts'
import { depositOf } from '../transfer/hold.ts'
import { typeId } from '../transfer/id.ts'
import { atField } from './at-field.ts'
import { depositJson, depositSchema, instructionsFor, isExpected } from './deposit-json.ts'
import { answerOnce, claimOf, idempotencyHeaders, orStored, setAnswerHeaders, storedAnswer } from './idempotency.ts'
import { hashOf, operatorOf } from './operator-request.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
import { type RebalanceJson, rebalanceJson, rebalanceRequest, rebalanceSchema } from './rebalance-json.ts'
import { bearer, guarded, posted, problems, refusedRebalances, shows, transferIdShape } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { findTransfers, type TransferRow } from './transfer-store.ts'

// Who has not found a second person by then asks anew, and looks anew.
const ttlMs = 24 * 3_600_000
const rebalanceId = z.string().regex(transferIdShape, 'rebalance_not_found')
const actionIdOf = (id: string) => id.replace(/^tr_/, 'oa_')

/** The house moves its own money from one liquidity pool to another. */
export const rebalanceRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool, chains, config: house, nowMs } = deps
    const common = { tags: ['Operators'], security: bearer }
    const config = { scope: 'operator' } as const

    const transfersOf = async (ids: readonly string[]): Promise<Map<string, TransferRow>> =>
      new Map((await findTransfers(pool, houseTenant, ids)).map(transfer => [transfer.id, transfer]))

    app.post('/rebalances', {
      config,
      schema: {
        ...common,
        operationId: 'requestRebalance',
        summary: 'Move our own money from one liquidity pool to another',
        description:
          'As a transfer with the guarantees of any other, and no fee. Above the limit of its currency another person must approve it first, as any operator’s action: see `request`. Its transfer belongs to the tenant `house`.',
        headers: idempotencyHeaders,
        body: rebalanceRequest,
        response: {
          202: shows('Asked for, or begun: see `transfer`.', rebalanceSchema),
          ...problems(...posted, ...refusedRebalances),
        },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const { from, to, amount, reason } = request.body
        const operator = operatorOf(request.apiKey)
        const answer = await orStored(pool, claim, () =>
          inTransaction(pool, async tx => {
            await takeTheFloor(tx)
            const stored = await storedAnswer(tx, claim)
            if (stored !== undefined) return stored
            const wanted = atField('amount.value', () => parsePositive(amount.value, amount.asset))
            const { worth } = planRebalance({ from, to, amount: wanted }, deps)
            const asked: Asked = {
              ...{ type: 'rebalance', transferId: null, scope: null, reason },
              payload: { from, to, ...toJson(wanted) },
            }
            const fourEyes = needsFourEyes(asked, toJson(worth), house.policy.operatorLimits)
            const id = typeId('oa', deps.newUuid())
            const action = await insertAction(tx, { ...asked, id, payloadHash: hashOf(asked), fourEyes, ttlMs }, operator)
            const done = fourEyes ? action : await perform(tx, action, deps)
            const [transfer] = await findTransfers(tx, houseTenant, [rebalanceIdOf(id)])
            const response = rebalanceJson(done, transfer, chains)
            const answer = { status: 202, response, location: `/v1/rebalances/${response.id}` }
            return answerOnce(tx, claim, answer, { name: 'rebalance', sql: 'select from claimed', values: [] })
          }),
        )
        if (!answer.replayed) deps.wakeSaga()
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as RebalanceJson)
      },
    })

    app.get('/rebalances', {
      config,
      schema: {
        ...common,
        operationId: 'listRebalances',
        summary: 'What was asked to be moved between our pools, newest first',
        querystring: z.strictObject(pageQuery),
        response: { 200: shows('A page.', pageOf(rebalanceSchema)), ...problems(...guarded, 'cursor_invalid') },
      },
      handler: async request => {
        const { cursor, limit } = request.query
        const before = decodeCursor('rebalances', cursor, transferIdShape)
        const actions = await listActions(pool, before && actionIdOf(before), limit + 1, 'rebalance')
        const transfers = await transfersOf(actions.map(({ id }) => rebalanceIdOf(id)))
        return pageFrom(
          'rebalances',
          actions,
          limit,
          ({ id }) => rebalanceIdOf(id),
          action => rebalanceJson(action, transfers.get(rebalanceIdOf(action.id)), chains),
        )
      },
    })

    app.get('/rebalances/:id', {
      config,
      schema: {
        ...common,
        operationId: 'getRebalance',
        summary: 'Look at a rebalance, and at what its liquidity provider is to bring',
        params: z.strictObject({ id: rebalanceId }),
        response: {
          200: shows(
            'The rebalance.',
            rebalanceSchema.extend({
              deposit: depositSchema
                .nullable()
                .describe('What the provider brings on a chain; null where he brings nothing there.'),
            }),
          ),
          ...problems(...guarded, 'rebalance_not_found', 'address_invalid', 'chain_unavailable'),
        },
      },
      handler: async request => {
        const { id } = request.params
        const action = await findAction(pool, actionIdOf(id))
        if (action?.type !== 'rebalance') throw new BridgeError('rebalance_not_found', { id })
        const transfer = (await transfersOf([id])).get(id)
        const deposit = transfer && depositOf(transfer.terms)
        const view = rebalanceJson(action, transfer, chains)
        if (transfer === undefined || deposit === undefined) return { ...view, deposit: null }
        const expected = isExpected(transfer, deposit, nowMs())
        const instructions = expected ? await instructionsFor(chains.get(deposit.chain), deposit) : null
        return {
          ...view,
          deposit: depositJson(transfer, deposit, expected, { instructions, signed: undefined, seenMinor: undefined }),
        }
      },
    })
  }
