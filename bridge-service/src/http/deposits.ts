import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { SignedLock } from '../chains/deposits.ts'
import { attemptOf, lockSignedOrder, readSignedLock } from '../deposits/orders.ts'
import { readSeen } from '../deposits/watched.ts'
import { BridgeError, type ErrorCode, errors } from '../errors.ts'
import { depositOf } from '../transfer/hold.ts'
import type { Deposit } from '../transfer/terms.ts'
import { type DepositJson, depositJson, depositSchema, instructionsFor, isExpected } from './deposit-json.ts'
import { answerOnce, type Claim, claimOf, idempotencyHeaders, orStored, setAnswerHeaders } from './idempotency.ts'
import { bearer, guarded, posted, problems, shows, transferId } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { findTransfer, type TransferRow } from './transfer-store.ts'

const unixSeconds = z.int().min(0).max(253_402_300_799)
const signedLock = z
  .strictObject({
    validAfter: unixSeconds.default(0),
    validBefore: unixSeconds,
    signature: z
      .string()
      .regex(/^0x[0-9a-f]{130}$/i, 'authorization_invalid')
      .transform(text => text as `0x${string}`)
      .describe('65 bytes: r, s, v.'),
  })
  .describe('The payer’s signature over `authorization` as it was given, or over the same with another time window.')
  .meta({ id: 'SignedLock' })

/** What a customer brings for a transfer: how he can, and a signature with which we lock it for him. */
export const depositRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool, chains, nowMs } = deps
    const params = z.strictObject({ id: transferId })
    const common = { tags: ['Deposits'], security: bearer, params }

    const find = async (tenant: string, id: string): Promise<{ transfer: TransferRow; deposit: Deposit }> => {
      const transfer = await findTransfer(pool, tenant, id)
      const deposit = depositOf(transfer.terms)
      if (deposit === undefined) throw new BridgeError('deposit_not_found', { transferId: id, route: transfer.route })
      return { transfer, deposit }
    }

    app.get('/transfers/:id/deposit', {
      config: { scope: 'transfers:read' },
      schema: {
        ...common,
        operationId: 'getDeposit',
        summary: 'How a customer makes the deposit of a transfer',
        response: {
          200: shows('What is to come, and while it is expected all that a wallet needs.', depositSchema),
          ...problems(...guarded, 'transfer_not_found', 'deposit_not_found', 'address_invalid', 'chain_unavailable'),
        },
      },
      handler: async request => {
        const { transfer, deposit } = await find(request.apiKey.tenant, request.params.id)
        const expected = isExpected(transfer, deposit, nowMs())
        const instructions = expected ? await instructionsFor(chains.get(deposit.chain), deposit) : null
        return depositJson(transfer, deposit, expected, {
          instructions,
          signed: await readSignedLock(pool, transfer.id),
          seenMinor: await readSeen(pool, transfer.id),
        })
      },
    })

    /** Nothing is kept, and nothing is sent, of a signature that the token would refuse. */
    const check = async ({ chain: id, terms, refundTo }: Deposit, signed: SignedLock): Promise<void> => {
      const desk = chains.get(id)?.deposits
      if (desk?.checkSigned === undefined || refundTo !== undefined)
        throw new BridgeError('authorization_unsupported', { chain: id })
      const problem = await desk.checkSigned(terms, signed, Math.floor(nowMs() / 1000))
      if (problem) throw new BridgeError(codeOf(problem.code), { reason: problem.detail })
    }

    const sign = async (claim: Claim, id: string, signed: SignedLock) => {
      const { transfer, deposit } = await find(claim.tenant, id)
      if (!isExpected(transfer, deposit, nowMs())) throw new BridgeError('deposit_not_expected', { state: transfer.state })
      await check(deposit, signed)
      const attempt = await attemptOf(pool, 'lockSigned', transfer.id)
      const order = lockSignedOrder(transfer.id, deposit.chain, { terms: deposit.terms, signed }, attempt)
      const pending = { status: 'PENDING', txHash: null, code: null, detail: null } as const
      return answerOnce(
        pool,
        claim,
        {
          status: 202,
          response: depositJson(transfer, deposit, true, { instructions: null, signed: pending, seenMinor: undefined }),
          location: `/v1/transfers/${id}/deposit`,
        },
        {
          name: 'lock_signed',
          sql: `insert into deposit_orders (key, kind, chain, subject, request)
                select $8::text, $9::text, $10::text, $11::text, $12::jsonb from claimed`,
          values: [order.key, order.kind, order.chain, order.subject, JSON.stringify(order.request)],
        },
      ).catch(error => {
        const { constraint } = error as { constraint?: unknown }
        if (constraint !== 'deposit_orders_one_open' && constraint !== 'deposit_orders_pkey') throw error
        throw new BridgeError('authorization_pending', { transferId: id })
      })
    }

    app.post('/transfers/:id/deposit', {
      config: { scope: 'transfers:write' },
      schema: {
        ...common,
        operationId: 'signDeposit',
        summary: 'Have a deposit locked by its payer’s signature',
        description:
          'Without gas of his: the bridge sends the lock. Accepted means kept, not locked: follow `signedLock`, or the transfer. The signature can lock these terms and nothing else.',
        headers: idempotencyHeaders,
        body: signedLock,
        response: {
          202: shows('Kept.', depositSchema),
          ...problems(
            ...[...posted, 'transfer_not_found' as const, 'deposit_not_found' as const, 'deposit_not_expected' as const],
            ...authorizationCodes,
            'chain_unavailable',
          ),
        },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const answer = await orStored(pool, claim, () => sign(claim, request.params.id, request.body))
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as DepositJson)
      },
    })
  }

const authorizationCodes = [
  'authorization_unsupported',
  'authorization_invalid',
  'authorization_expired',
  'authorization_pending',
] as const satisfies readonly ErrorCode[]

const codeOf = (code: string): ErrorCode => (code in errors ? (code as ErrorCode) : 'authorization_invalid')
