import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import type { ErrorCode } from '../errors.ts'
import { apiKeys } from './api-key.ts'
import { authenticate } from './authentication.ts'
import { bankWebhookRoutes } from './bank-webhooks.ts'
import { cancellationRoutes } from './cancellation.ts'
import { chainRoutes } from './chains.ts'
import { depositRoutes } from './deposits.ts'
import { document } from './documentation.ts'
import { drainOnClose } from './drain.ts'
import { escrowRoutes } from './escrows.ts'
import { exposureRoutes } from './exposures.ts'
import { healthRoutes } from './health.ts'
import { ledgerRoutes } from './ledger.ts'
import { liquidityRoutes } from './liquidity.ts'
import { measureRequests, metricsRoutes } from './metrics.ts'
import { operatorActionRoutes } from './operator-actions.ts'
import { instanceOf, problem, problemOf, problemType, sendProblem } from './problem.ts'
import { quoteRoutes } from './quotes.ts'
import { rebalanceRoutes } from './rebalances.ts'
import { receivableRoutes } from './receivables.ts'
import { refundRoutes } from './refunds.ts'
import { sepRoutes } from './sep/routes.ts'
import type { ServerDeps } from './server-deps.ts'
import { strayDepositRoutes } from './stray-deposits.ts'
import { streamRoutes } from './stream.ts'
import { stuckRoutes } from './stuck.ts'
import { timelineRoutes } from './timeline.ts'
import { transferRoutes } from './transfers.ts'

const bodyLimitBytes = 65_536
// Slow senders are cut off; a stream's request has long arrived by then.
const requestTimeoutMs = 30_000

/** The REST API, ready to listen or to be injected into. Closing it ends its streams. */
export const buildServer = async (deps: ServerDeps): Promise<FastifyInstance> => {
  const app = fastify({
    logger: deps.config.logLevel === 'silent' ? false : { level: deps.config.logLevel },
    // A line per request costs more than most requests; what fails on our side is logged below.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    exposeHeadRoutes: false,
    // While it closes, connections that are open get their answers and `Connection: close`, not the framework's own 503.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => void sendProblem(reply, problemOf(error, request)),
    clientErrorHandler: refuseOnSocket,
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.setNotFoundHandler((request, reply) => sendProblem(reply, problem('route_not_found', instanceOf(request))))
  app.setErrorHandler((error, request, reply) => {
    const body = problemOf(error, request)
    if (body.status >= 500) request.log.error({ err: error, instance: body.instance }, body.code)
    return sendProblem(reply, body)
  })
  drainOnClose(app)
  measureRequests(app, deps.registry)
  await document(app)

  const keys = apiKeys(deps.pool)
  await app.register(
    async v1 => {
      authenticate(v1, keys)
      await v1.register(quoteRoutes(deps))
      await v1.register(transferRoutes(deps))
      await v1.register(cancellationRoutes(deps))
      await v1.register(receivableRoutes(deps))
      await v1.register(exposureRoutes(deps))
      await v1.register(depositRoutes(deps))
      await v1.register(strayDepositRoutes(deps))
      await v1.register(timelineRoutes(deps))
      await v1.register(streamRoutes(deps, keys))
      await v1.register(escrowRoutes(deps))
      await v1.register(chainRoutes(deps))
      await v1.register(ledgerRoutes(deps))
      await v1.register(liquidityRoutes(deps))
      await v1.register(operatorActionRoutes(deps))
      await v1.register(rebalanceRoutes(deps))
      await v1.register(stuckRoutes(deps))
      await v1.register(refundRoutes(deps))
    },
    { prefix: '/v1' },
  )
  await app.register(bankWebhookRoutes(deps), { prefix: '/v1' })
  if (deps.sep !== undefined) await app.register(sepRoutes(deps, deps.sep))
  await app.register(healthRoutes(deps))
  await app.register(metricsRoutes(deps))
  await app.ready()
  return app
}

/** What is not HTTP has no request and no reply, but gets a problem all the same. */
const refuseOnSocket = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const code: ErrorCode =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'request_timeout'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'headers_too_large'
        : 'request_malformed'
  const body = problem(code, `urn:uuid:${randomUUID()}`)
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${body.status} ${code}\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  )
}
