import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, startApi } from '../../../test/support/api.ts'
import { openapiDocument } from './openapi-document.ts'

// biome-ignore lint/suspicious/noExplicitAny: a document without a type
type Json = any

let api: Api
let document: Json
beforeAll(async () => {
  document = await openapiDocument()
  api = await startApi()
})
afterAll(() => api.close())

const methods = ['get', 'post', 'put', 'patch', 'delete']
const operations = (): { path: string; method: string; operation: Json }[] =>
  Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    methods.filter(method => item[method]).map(method => ({ path, method, operation: item[method] })),
  )

/** The routes of Fastify's drawing, in which a branch is indented below the path that it continues. */
const routesOf = (drawing: string): string[] => {
  const paths: string[] = []
  return drawing.split('\n').flatMap(line => {
    const [, indent, part, verbs] = /^([│ ]*)[├└]── (.+?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    if (indent === undefined || part === undefined) return []
    const depth = indent.length / 4
    paths[depth] = `${depth === 0 ? '' : paths[depth - 1]}${part}`
    const path = paths[depth].replace(/:(\w+)/g, '{$1}')
    return verbs === undefined ? [] : verbs.split(', ').map(verb => `${verb} ${path}`)
  })
}

describe('the OpenAPI document', () => {
  it('is 3.1, the same with and without a database, and the same every time', async () => {
    expect(document.openapi).toBe('3.1.0')
    expect(await openapiDocument()).toEqual(document)
    expect((await api.get('/openapi.json', { key: null })).json).toEqual(JSON.parse(JSON.stringify(document)))
  })

  it('has every route of the server but those that serve the document itself', () => {
    const routes = routesOf(api.app.printRoutes({ commonPrefix: false })).filter(route => !/ \/(docs|openapi\.json)/.test(route))
    expect(routes.length).toBeGreaterThan(14)
    expect(
      operations()
        .map(({ method, path }) => `${method.toUpperCase()} ${path}`)
        .sort(),
    ).toEqual(routes.sort())
  })

  it('names every operation once, says what it is for, and what can go wrong', () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { path, method, operation } of operations()) {
      expect(operation.summary, path).toBeTruthy()
      expect(operation.tags, path).toHaveLength(1)
      const statuses = Object.keys(operation.responses)
      expect(
        statuses.some(status => status.startsWith('2')),
        path,
      ).toBe(true)
      const keyed = path.startsWith('/v1/') && !path.startsWith('/v1/bank_webhooks')
      expect(operation.security, path).toEqual(keyed ? [{ apiKey: [] }] : undefined)
      if (keyed) expect(statuses, path).toEqual(expect.arrayContaining(['401', '403', '422', '503']))
      for (const status of statuses.filter(status => Number(status) >= 400))
        expect(Object.keys(operation.responses[status].content), path).toEqual(['application/problem+json'])
      const parameters = (operation.parameters ?? []).map((parameter: Json) => `${parameter.in} ${parameter.name}`)
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) expect(parameters, path).toContain(`path ${name}`)
      if (keyed && method === 'post') {
        expect(parameters, path).toContain('header idempotency-key')
        expect(operation.requestBody.content['application/json'], path).toBeDefined()
      }
    }
  })

  it('refers to nothing that is not there, and carries nothing that is not referred to', () => {
    const text = JSON.stringify(document)
    const used = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name))
    expect([...used].sort()).toEqual(Object.keys(document.components.schemas).sort())
    expect([...text.matchAll(/"\$ref":"([^"]+)"/g)].every(([, ref]) => ref!.startsWith('#/components/schemas/'))).toBe(true)
  })

  it('is strict about requests and lets answers grow', () => {
    const { schemas } = document.components
    expect(schemas.AmountInput.additionalProperties).toBe(false)
    expect(schemas.DestinationInput.oneOf.map((leg: Json) => leg.additionalProperties)).toEqual([false, false])
    const answers = Object.entries<Json>(schemas).filter(([name]) => !name.endsWith('Input'))
    expect(JSON.stringify(answers)).not.toContain('"additionalProperties":false')
    expect(JSON.stringify(document)).not.toContain('Default Response')
  })

  it('never shows an amount as a number', () => {
    for (const name of ['AmountInput', 'ShownAmount'])
      expect(document.components.schemas[name].properties.value.type).toBe('string')
  })

  it('can be read at /docs', async () => {
    const answer = await api.get('/docs/', { key: null })
    expect([answer.status, /text\/html/.test(String(answer.headers['content-type']))]).toEqual([200, true])
    expect(answer.text).toContain('/openapi.json')
  })
})
