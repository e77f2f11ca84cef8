import swagger from '@fastify/swagger'
import reference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

/** Collects every route that is added after it into an OpenAPI 3.1 document, at `/openapi.json` and readable at `/docs`. */
export const document = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Causeway',
        version: '1.0.0',
        description:
          'Moves money between bank rails and stablecoins. Amounts are decimal strings, every POST needs an `Idempotency-Key`, errors are RFC 9457 problems with stable codes, and what takes time is answered 202 with a `Location`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: ['Quotes', 'Transfers', 'Deposits', 'Escrows', 'Chains', 'Ledger', 'Banks', 'Health'].map(name => ({ name })),
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `ck_…`.' } },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: input => withoutUnused(open(jsonSchemaTransformObject(input)) as OpenApi) as never,
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  await app.register(reference, { routePrefix: '/docs', configuration: { url: '/openapi.json' } })
}

type OpenApi = { components?: { schemas?: Record<string, unknown> } } & Record<string, unknown>

/** Answers may gain fields: a client that was generated from this document must not refuse them. Requests stay strict. */
const open = (part: unknown, name = ''): unknown => {
  if (!(part instanceof Object) || name === 'requestBody' || name.endsWith('Input')) return part
  if (Array.isArray(part)) return part.map(each => open(each))
  const kept = Object.entries(part).filter(([key, value]) => key !== 'additionalProperties' || value !== false)
  return Object.fromEntries(kept.map(([key, value]) => [key, open(value, key)]))
}

/** Every schema comes in two forms, for requests and for answers; those that nothing refers to only confuse. */
const withoutUnused = (openApi: OpenApi): OpenApi => {
  const all = openApi.components?.schemas ?? {}
  const { components, ...rest } = openApi
  const used = new Set<string>()
  const visit = (part: unknown) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      if (name !== undefined && !used.has(name)) {
        used.add(name)
        visit(all[name] ?? null)
      }
  }
  visit(rest)
  const schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)))
  return { ...rest, components: { ...components, schemas } }
}
