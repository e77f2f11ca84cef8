import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { ClientBase } from 'pg'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import type { Action } from '../operators/action.ts'
import { effectOf, findAction, listActions, postgresFloor, takeTheFloor } from '../operators/action-store.ts'
import { inputOf, perform } from '../operators/perform.ts'
import { askFor, decideOn } from '../operators/speak.ts'
import type { Opened } from '../saga/open.ts'
import { inTransaction } from '../transaction.ts'
import { typeId } from '../transfer/id.ts'
import { answerOnce, type Claim, claimOf, idempotencyHeaders, orStored, setAnswerHeaders, storedAnswer } from './idempotency.ts'
import { type ActionJson, actionJson, actionRequest, actionSchema, approvalRequest } from './operator-action-json.ts'
import { checkAllowed, complete, hashOf, operatedTransfer, operatorOf } from './operator-request.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
import { bearer, guarded, posted, problems, refusedRebalances, shows } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

// Who has not found a second person by then asks anew, and looks anew.
const ttlMs = 24 * 3_600_000
const shape = /^oa_[0-7][0-9a-hjkmnp-tv-z]{25}$/
const actionId = z.string().regex(shape, 'action_not_found')

/** What operators do: asked by one, and where money moves approved by another. */
export const operatorActionRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool, config: house } = deps
    const common = { tags: ['Operators'], security: bearer }
    const config = { scope: 'operator' } as const

    /** Once for each key, and one operator after the other. */
    const once = (claim: Claim, act: (tx: ClientBase) => Promise<Action>): Promise<Opened> =>
      orStored(pool, claim, () =>
        inTransaction(pool, async tx => {
          await takeTheFloor(tx)
          const stored = await storedAnswer(tx, claim)
          if (stored !== undefined) return stored
          const action = await act(tx)
          const response = actionJson(action, action.obeyedAt !== null && inputOf(action) !== undefined ? 'waiting' : 'none')
          const answer = { status: 202, response, location: `/v1/operator/actions/${action.id}` }
          return answerOnce(tx, claim, answer, { name: 'operator_action', sql: 'select from claimed', values: [] })
        }),
      )

    const afterwards = async ({ replayed }: Opened) => {
      if (replayed) return
      deps.wakeSaga()
      await deps.pauses.refresh()
    }

    app.post('/operator/actions', {
      config,
      schema: {
        ...common,
        operationId: 'requestOperatorAction',
        summary: 'Do something to a transfer, or to what moves it',
        description:
          'Where money moves, and above the limit of its currency, another person must approve it first: see `fourEyes` and `state`.',
        headers: idempotencyHeaders,
        body: actionRequest,
        response: {
          202: shows('Asked for, or done: see `state`.', actionSchema),
          ...problems(
            ...posted,
            ...([
              'transfer_not_found',
              'transfer_not_cancelable',
              'transfer_not_compensable',
              'transfer_not_resolvable',
            ] as const),
            ...(['transfer_moved', 'transfer_not_parked', 'nothing_to_retry', 'resolution_incomplete'] as const),
            ...(['scope_unknown', 'scope_paused', 'scope_not_paused', 'chain_not_found', 'chain_not_halted'] as const),
            ...(['receivable_not_found', 'receivable_exceeded'] as const),
            ...(['line_not_found', 'line_explained', 'account_not_allowed'] as const),
            ...(['amount_invalid', 'amount_not_positive', 'amount_too_precise', 'asset_unknown'] as const),
          ),
        },
      },
      handler: async (request, reply) => {
        const operator = operatorOf(request.apiKey)
        const answer = await once(claimOf(request), async tx => {
          const { asked, transfer, amount } = await complete(tx, request.body, deps)
          if (transfer !== undefined) checkAllowed(asked, transfer, deps.nowMs())
          const question = { ...asked, id: typeId<string>('oa', deps.newUuid()), payloadHash: hashOf(asked), ttlMs, amount }
          return askFor(postgresFloor(tx), question, house.policy.operatorLimits, operator, action => perform(tx, action, deps))
        })
        await afterwards(answer)
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as ActionJson)
      },
    })

    app.post('/operator/actions/:id/approval', {
      config,
      schema: {
        ...common,
        operationId: 'decideOperatorAction',
        summary: 'Approve or reject what another operator has asked for',
        description: 'Who has asked may reject, and not approve, with whichever of his keys.',
        headers: idempotencyHeaders,
        params: z.strictObject({ id: actionId }),
        body: approvalRequest,
        response: {
          202: shows('Decided.', actionSchema),
          ...problems(
            ...posted,
            ...(['action_not_found', 'action_decided', 'payload_mismatch', 'second_operator_required'] as const),
            ...(['transfer_not_compensable', 'transfer_not_cancelable', 'transfer_not_resolvable', 'transfer_moved'] as const),
            ...(['nothing_to_retry', 'transfer_not_parked', 'scope_not_paused'] as const),
            ...(['refund_not_allowed', 'refund_too_large', 'receivable_exceeded', 'line_explained'] as const),
            ...(['chain_not_found', 'chain_not_halted'] as const),
            ...refusedRebalances,
          ),
        },
      },
      handler: async (request, reply) => {
        const { decision, payloadHash, reason = null } = request.body
        const operator = operatorOf(request.apiKey)
        const answer = await once(claimOf(request), tx =>
          decideOn(postgresFloor(tx), request.params.id, { decision, payloadHash, reason }, operator, async action => {
            if (action.transferId !== null) checkAllowed(action, await operatedTransfer(tx, action.transferId), deps.nowMs())
            return perform(tx, action, deps)
          }),
        )
        await afterwards(answer)
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as ActionJson)
      },
    })

    app.get('/operator/actions', {
      config,
      schema: {
        ...common,
        operationId: 'listOperatorActions',
        summary: 'What operators have asked for, newest first',
        querystring: z.strictObject(pageQuery),
        response: { 200: shows('A page.', pageOf(actionSchema)), ...problems(...guarded, 'cursor_invalid') },
      },
      handler: async request => {
        const { cursor, limit } = request.query
        const rows = await listActions(pool, decodeCursor('operator_actions', cursor, shape), limit + 1)
        const effects = new Map(await Promise.all(rows.map(async row => [row.id, await effectOf(pool, row)] as const)))
        return pageFrom(
          'operator_actions',
          rows,
          limit,
          row => row.id,
          row => actionJson(row, effects.get(row.id)!),
        )
      },
    })

    app.get('/operator/actions/:id', {
      config,
      schema: {
        ...common,
        operationId: 'getOperatorAction',
        summary: 'Look at what an operator has asked for',
        params: z.strictObject({ id: actionId }),
        response: { 200: shows('The action.', actionSchema), ...problems(...guarded, 'action_not_found') },
      },
      handler: async request => {
        const action = await findAction(pool, request.params.id)
        if (action === undefined) throw new BridgeError('action_not_found', { id: request.params.id })
        return actionJson(action, await effectOf(pool, action))
      },
    })
  }
