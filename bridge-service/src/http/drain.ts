import type { FastifyInstance } from 'fastify'

const lookEveryMs = 50
const patienceMs = 10_000

/**
 * Lets a closing server end: requests that are under way get their answers, for ten seconds at most, and connections that have none are
 * cut. Node itself waits for those that became idle while it closes, and for those that never sent anything, as load balancers open them.
 */
export const drainOnClose = (app: FastifyInstance): void => {
  let underWay = 0
  app.addHook('onRequest', async (_request, reply) => {
    underWay++
    reply.raw.once('close', () => underWay--)
  })
  app.addHook('preClose', async () => {
    const { server } = app
    if (!server.listening) return
    const untilMs = performance.now() + patienceMs
    const timer = setInterval(() => {
      if (underWay === 0 || performance.now() > untilMs) server.closeAllConnections()
      else server.closeIdleConnections()
    }, lookEveryMs)
    server.once('close', () => clearInterval(timer))
  })
}
