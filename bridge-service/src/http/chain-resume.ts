import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { inTransaction } from '../transaction.ts'
import { answerOnce, claimOf, idempotencyHeaders, orStored, setAnswerHeaders, storedAnswer } from './idempotency.ts'
import { branches, resumeJson, resumeSchema } from './resume-json.ts'
import { approveRequest, insertRequest, openRequests, readHalt, takeTheFloor, type Word } from './resume-store.ts'
import { bearer, chainId, plainText, posted, problems, shows } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

const resumeRequest = z
  .strictObject({
    branch: z
      .enum(branches)
      .describe(
        '`ours`: keep what the tables hold. `theirs`: follow the nodes; what the tables hold above the common ancestor is orphaned, final or not.',
      ),
    reason: plainText(500).describe('What you have seen that makes you sure.'),
  })
  .meta({ id: 'ResumeRequest' })

/**
 * Lets a halted chain go on. It takes two operators who say the same, each with a reason: the first asks, the second approves. The indexer
 * obeys an approved word by itself.
 */
export const chainResumeRoutes =
  ({ pool }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.post('/chains/:id/resume', {
      config: { scope: 'operator' },
      schema: {
        operationId: 'resumeChain',
        summary: 'Say how a halted chain goes on',
        description:
          'The first operator asks, and a second one who says the same about the same halt approves; then the indexer goes on. Follow `halt.resumes` of the chain.',
        tags: ['Chains'],
        security: bearer,
        headers: idempotencyHeaders,
        params: z.strictObject({ id: chainId }),
        body: resumeRequest,
        response: {
          202: shows('Asked or approved: see `state`.', resumeSchema),
          ...problems(...posted, 'chain_not_found', 'chain_not_halted', 'second_operator_required'),
        },
      },
      handler: async (request, reply) => {
        const claim = claimOf(request)
        const { id: chain } = request.params
        const { branch, reason } = request.body
        const answer = await orStored(pool, claim, () =>
          inTransaction(pool, async tx => {
            await takeTheFloor(tx, chain)
            const stored = await storedAnswer(tx, claim)
            if (stored !== undefined) return stored
            const haltedReason = await readHalt(tx, chain)
            if (haltedReason === undefined) throw new BridgeError('chain_not_found', { chain })
            if (haltedReason === null) throw new BridgeError('chain_not_halted', { chain })
            const word: Word = { chain, haltedReason, branch, reason, operator: `api:${request.apiKey.id}` }
            const response = resumeJson(await speak(word))
            return answerOnce(
              tx,
              claim,
              { status: 202, response, location: '/v1/chains' },
              { name: 'resume', sql: 'select from claimed', values: [] },
            )

            async function speak(word: Word) {
              const open = await openRequests(tx, word)
              const others = open.find(({ requestedBy }) => requestedBy !== word.operator)
              if (others !== undefined) return approveRequest(tx, others.id, word)
              if (open.length > 0) throw new BridgeError('second_operator_required', { chain, request: open[0]!.id })
              return insertRequest(tx, word)
            }
          }),
        )
        setAnswerHeaders(reply, answer)
        return reply.code(202).send(answer.response as z.output<typeof resumeSchema>)
      },
    })
  }
