import type { FastifyInstance, FastifyRequest } from 'fastify'
import { BridgeError } from '../errors.ts'
import type { ApiKey, ApiKeys, Scope } from './api-key.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route that names a scope. */
    apiKey: ApiKey
  }
  interface FastifyContextConfig {
    scope?: Scope
  }
}

/**
 * Asks for an API key on every route of this plugin, before the body is read. Each route must name its scope: one that was forgotten
 * stops the start. Throws `unauthenticated` and `forbidden`.
 */
export const authenticate = (app: FastifyInstance, keys: ApiKeys): void => {
  app.decorateRequest('apiKey')
  app.addHook('onRoute', route => {
    if (route.config?.scope === undefined) throw new BridgeError('internal', { reason: `${route.url} names no scope` })
  })
  app.addHook('onRequest', async request => {
    const apiKey = await keys.find(bearerOf(request))
    if (apiKey === undefined) throw new BridgeError('unauthenticated')
    const { scope } = request.routeOptions.config
    if (scope === undefined || !apiKey.scopes.includes(scope)) throw new BridgeError('forbidden', { scope })
    request.apiKey = apiKey
  })
}

/** The bearer token of a request, or an empty string. */
export const bearerOf = ({ headers: { authorization = '' } }: FastifyRequest): string =>
  /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? ''
