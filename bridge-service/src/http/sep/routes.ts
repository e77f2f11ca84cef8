import type { FastifyInstance } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { BridgeError } from '../../errors.ts'
import { instanceOf, problem, problemOf } from '../problem.ts'
import type { ServerDeps } from '../server-deps.ts'
import { walletMarket } from './market.ts'
import type { SepDeps } from './sep-deps.ts'
import { sendSepError } from './sep-error.ts'
import { stellarTomlRoutes } from './stellar-toml.ts'
import { walletPriceRoutes } from './wallet-prices.ts'
import { walletQuoteRoutes } from './wallet-quotes.ts'
import { webAuthRoutes } from './web-auth.ts'

/**
 * What Stellar wallets speak: SEP-1, SEP-10 and SEP-38. They are documents of their own, so none of it is in ours. Throws `config_invalid` when
 * the chain that is offered is not there.
 */
export const sepRoutes =
  (deps: ServerDeps, sep: SepDeps): FastifyPluginAsyncZod =>
  async app => {
    const chain = deps.chains.get(sep.config.chain)
    if (chain === undefined)
      throw new BridgeError('config_invalid', { problems: [`CAUSEWAY_STELLAR_SEP: there is no chain ${sep.config.chain}`] })
    const market = walletMarket(chain, deps.config)
    speakToBrowsers(app)
    readForms(app)
    app.setErrorHandler((error, request, reply) => {
      const body = problemOf(error, request)
      if (body.status >= 500) request.log.error({ err: error, instance: body.instance }, body.code)
      return sendSepError(reply, body)
    })
    await app.register(stellarTomlRoutes(sep.config, market))
    await app.register(below(webAuthRoutes(deps, sep)), { prefix: '/sep10' })
    await app.register(below(walletPriceRoutes(deps, market), walletQuoteRoutes(deps, sep, market)), { prefix: '/sep38' })
  }

/** Wallets are web pages of somebody else: every answer, also a refusal, must be readable to them (SEP-1, SEP-10, SEP-38: CORS). */
const speakToBrowsers = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('access-control-allow-origin', '*')
  })
  for (const url of ['/.well-known/stellar.toml', '/sep10/*', '/sep38/*'])
    app.options(url, {
      schema: { hide: true },
      handler: async (_request, reply) =>
        reply
          .headers({
            'access-control-allow-methods': 'GET, POST',
            'access-control-allow-headers': 'authorization, content-type',
            'access-control-max-age': '86400',
          })
          .code(204)
          .send(),
    })
}

/** SEP-10 lets wallets answer a challenge with a form. */
const readForms = (app: FastifyInstance): void => {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))))
  })
}

/** Routes under a prefix, where also what leads nowhere is said in the SEPs' form. */
const below =
  (...parts: readonly FastifyPluginAsyncZod[]): FastifyPluginAsyncZod =>
  async app => {
    app.setNotFoundHandler((request, reply) => sendSepError(reply, problem('route_not_found', instanceOf(request))))
    for (const routes of parts) await app.register(routes)
  }
