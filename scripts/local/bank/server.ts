import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyError } from 'fastify'
import { adminApi } from './admin.ts'
import { customerApi } from './api.ts'
import { type BankSettings, type Core, openCore } from './core.ts'
import { openDisturbance } from './disturbance.ts'
import { Problem, problemBody } from './problem.ts'
import type { WebhookEndpoint } from './webhooks.ts'

export type ServerSettings = Omit<BankSettings, 'webhook'> & {
  readonly port?: number
  readonly apiKey?: string
  readonly webhookUrl?: string
  /** `whsec_` and base64. */
  readonly webhookSecret?: string
}

export type BankServer = {
  readonly url: string
  readonly apiKey: string
  readonly webhookSecret: string
  readonly core: Core
  readonly close: () => Promise<void>
}

/** A bank that listens on loopback, with its API under `/v1` and the controls of the local world under `/admin`. */
export const serveBank = async (settings: ServerSettings = {}): Promise<BankServer> => {
  const apiKey = settings.apiKey ?? `bank_${randomBytes(24).toString('base64url')}`
  const webhookSecret = settings.webhookSecret ?? `whsec_${randomBytes(32).toString('base64')}`
  const webhook: WebhookEndpoint | undefined = settings.webhookUrl
    ? { url: settings.webhookUrl, secret: webhookSecret }
    : undefined
  const core = openCore({ ...settings, ...(webhook ? { webhook } : {}) })

  const app = Fastify({ forceCloseConnections: true, bodyLimit: 64 * 1024 })
  app.setErrorHandler((error: FastifyError, _, reply) => {
    const problem = problemFor(error)
    if (problem.code === 'internal' && !(error instanceof Problem)) process.stderr.write(`${error.stack}\n`)
    return reply.code(problem.status).headers(problem.headers).type('application/problem+json').send(problemBody(problem))
  })
  app.setNotFoundHandler(() => {
    throw new Problem(404, 'route_not_found', 'There is no such route.')
  })
  await app.register(customerApi(core, openDisturbance(core.faults, core.timers), apiKey), { prefix: '/v1' })
  await app.register(adminApi(core, webhookSecret), { prefix: '/admin' })
  const url = await app.listen({ host: '127.0.0.1', port: settings.port ?? 0 })

  return {
    url,
    apiKey,
    webhookSecret,
    core,
    close: async () => {
      core.close()
      await app.close()
    },
  }
}

const problemFor = (error: FastifyError): Problem => {
  if (error instanceof Problem) return error
  if (error.statusCode === 413) return new Problem(413, 'body_too_large', error.message)
  if (error.statusCode === 415) return new Problem(415, 'media_type_unsupported', error.message)
  if (error.statusCode === 400) return new Problem(400, 'body_invalid', error.message)
  return new Problem(500, 'internal', 'Something broke.')
}
