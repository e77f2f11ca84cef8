import Fastify, { type FastifyError } from 'fastify'
import { adminRoutes } from './admin.ts'
import { openClosing } from './closing.ts'
import { friendbotRoutes } from './horizon/friendbot.ts'
import { historyRoutes } from './horizon/history-routes.ts'
import { networkRoutes } from './horizon/network-routes.ts'
import { HorizonProblem, notFound, problemBody, serverError } from './horizon/problem.ts'
import { stateRoutes } from './horizon/state-routes.ts'
import { submissionRoutes } from './horizon/submission-routes.ts'
import { type NodeSettings, openNode, type StellarNode } from './node.ts'
import { localPassphrase } from './passphrase.ts'
import { rpcRoutes } from './rpc/rpc.ts'

export type StellarServerSettings = Partial<NodeSettings> & {
  readonly port?: number
  /** Ms between ledgers, 1,000 when absent; 0: by hand (`POST /local/close`). */
  readonly closeMs?: number
  /** How long `POST /transactions` waits; 30 s when absent, as the real one. */
  readonly submissionTimeoutMs?: number
  /** How long a stream lasts before it says goodbye; 55 s when absent. */
  readonly streamMs?: number
}

export type StellarServer = {
  /** Horizon; friendbot is at `/friendbot`, Stellar RPC at `/rpc`, the controls of the local world under `/local`. */
  readonly url: string
  readonly node: StellarNode
  readonly close: () => Promise<void>
}

/** A Stellar network that listens on loopback and speaks Horizon and Stellar RPC. */
export const serveStellar = async (settings: StellarServerSettings = {}): Promise<StellarServer> => {
  const { closeMs = 1_000, submissionTimeoutMs = 30_000, streamMs = 55_000 } = settings
  const node = openNode({
    passphrase: localPassphrase,
    ...(closeMs > 0 ? { expectedCloseSeconds: Math.ceil(closeMs / 1_000) } : {}),
    ...settings,
  })
  const app = Fastify({ forceCloseConnections: true, bodyLimit: 1024 * 1024, routerOptions: { ignoreTrailingSlash: true } })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  app.setErrorHandler((error: FastifyError, _, reply) => {
    const problem = problemFor(error)
    if (problem.status === 500) process.stderr.write(`${error.stack}\n`)
    return reply.code(problem.status).type('application/problem+json').send(problemBody(problem))
  })
  app.setNotFoundHandler(() => {
    throw notFound()
  })
  const closing = openClosing(everyMs => {
    const next = node.network().last().closeTime + 1
    // As on a real network no two ledgers close in the same second, as long as there are enough seconds.
    node.close(everyMs < 1_000 ? undefined : Math.max(next, Math.floor(Date.now() / 1_000)))
  }, closeMs)
  await app.register(adminRoutes(node, closing), { prefix: '/local' })
  await app.register(rpcRoutes(node))
  await app.register(async horizon => {
    horizon.addHook('onSend', async (_, reply) => {
      if (reply.statusCode < 400) reply.type('application/hal+json; charset=utf-8')
    })
    await horizon.register(networkRoutes(node))
    await horizon.register(historyRoutes(node, streamMs))
    await horizon.register(stateRoutes(node, streamMs))
    await horizon.register(submissionRoutes(node, submissionTimeoutMs))
    await horizon.register(friendbotRoutes(node, submissionTimeoutMs))
  })
  const url = await app.listen({ host: '127.0.0.1', port: settings.port ?? 0 })

  return {
    url,
    node,
    close: async () => {
      closing.stop()
      node.stop()
      await app.close()
    },
  }
}

const problemFor = (error: FastifyError): HorizonProblem => {
  if (error instanceof HorizonProblem) return error
  const status = error.statusCode ?? 500
  if (status === 415) return new HorizonProblem(415, 'unsupported_media_type', 'Unsupported Media Type', error.message)
  if (status < 500) return new HorizonProblem(status, 'bad_request', 'Bad Request', error.message)
  return serverError('Something broke.')
}
