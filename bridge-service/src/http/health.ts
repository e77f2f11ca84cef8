import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { instanceOf, problem, sendProblem } from './problem.ts'
import { problems, shows } from './schemas.ts'
import type { ReadinessCheck, ServerDeps } from './server-deps.ts'

// A check that hangs is a check that fails.
const patienceMs = 3_000

/** For the platform: is the process alive, and should it get work? */
export const healthRoutes =
  ({ readiness }: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    app.get('/health/live', {
      schema: {
        operationId: 'getLiveness',
        summary: 'The process answers',
        tags: ['Health'],
        response: { 200: shows('It does.', z.object({ status: z.literal('live') })) },
      },
      handler: async () => ({ status: 'live' as const }),
    })

    app.get('/health/ready', {
      schema: {
        operationId: 'getReadiness',
        summary: 'The process can do its work',
        tags: ['Health'],
        response: {
          200: shows(
            'It can.',
            z.object({
              status: z.literal('ready'),
              checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() })),
            }),
          ),
          ...problems('not_ready'),
        },
      },
      handler: async (request, reply) => {
        const checks = await checkWithin(readiness, patienceMs)
        if (checks.every(({ ok }) => ok)) return { status: 'ready' as const, checks: [...checks] }
        const failing = checks.filter(({ ok }) => !ok)
        const body = problem('not_ready', instanceOf(request), failing.map(({ name }) => name).join(', '))
        return sendProblem(reply, { ...body, checks: failing }) as never
      },
    })
  }

const checkWithin = async (readiness: ServerDeps['readiness'], ms: number): Promise<readonly ReadinessCheck[]> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly ReadinessCheck[]>(resolve => {
    timer = setTimeout(() => resolve([{ name: 'checks', ok: false, detail: `no answer within ${ms} ms` }]), ms)
  })
  const failed = (): readonly ReadinessCheck[] => [{ name: 'checks', ok: false, detail: 'the checks failed' }]
  try {
    return await Promise.race([readiness().catch(failed), late])
  } finally {
    clearTimeout(timer)
  }
}
