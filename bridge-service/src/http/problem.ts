import type { FastifyReply, FastifyRequest } from 'fastify'
import { BridgeError, type ErrorCode, errors } from '../errors.ts'
import { isTransient } from '../saga/postgres-errors.ts'
import { fieldErrorsOf } from './field-errors.ts'

export type FieldError = { readonly path: string; readonly code: ErrorCode; readonly message: string }

/** An error as it leaves the API: RFC 9457, with a stable code and what a client should do about it. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly instance: string
  readonly retry: 'never' | 'same_key' | 'reconcile'
  readonly errors?: readonly FieldError[]
}

export const problemType = 'application/problem+json'

/** The problem of a code. `detail` says what is wrong with this request, and nothing about the inside of the service. */
export const problem = (code: ErrorCode, instance: string, detail?: string, fields?: readonly FieldError[]): Problem => {
  const { status, title, retry } = errors[code]
  return {
    type: `urn:causeway:problem:${code}`,
    title,
    status,
    code,
    detail: detail || title,
    instance,
    retry,
    ...(fields && fields.length > 0 ? { errors: fields } : {}),
  }
}

/** The problem that any thrown value is. What nobody expected is `internal`, and says no more. */
export const problemOf = (error: unknown, request: FastifyRequest): Problem => {
  const instance = instanceOf(request)
  if (error instanceof BridgeError) return problemOfBridgeError(error, instance)
  const fields = fieldErrorsOf(error, request)
  if (fields !== undefined) {
    const [first] = fields
    const code = first?.code ?? 'request_invalid'
    return problem(code, instance, first ? `${first.path}: ${first.message}` : undefined, fields)
  }
  const code = frameworkCodes[codeOf(error)]
  if (code !== undefined) return problem(code, instance)
  // Bytes that Postgres cannot store as text: whoever sent them must change them.
  if (['22021', '22P05'].includes(codeOf(error))) return problem('request_invalid', instance)
  return problem(isTransient(error) ? 'database_unavailable' : 'internal', instance)
}

export const sendProblem = (reply: FastifyReply, body: Problem & { readonly checks?: unknown }): FastifyReply => {
  if (body.status === 401) reply.header('www-authenticate', 'Bearer')
  if (body.retry === 'same_key' && body.status >= 429) reply.header('retry-after', '1')
  return reply.code(body.status).type(problemType).serializer(JSON.stringify).send(body)
}

export const instanceOf = (request: FastifyRequest): string => `urn:uuid:${request.id}`

const problemOfBridgeError = ({ code, details }: BridgeError, instance: string): Problem => {
  // Our own failures are explained in the log, to us.
  if (errors[code].status >= 500) return problem(code, instance)
  const { path, ...values } = details
  const detail = Object.entries(values)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ')
  const fields = typeof path === 'string' ? [{ path, code, message: errors[code].title }] : undefined
  return problem(code, instance, detail, fields)
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body_invalid',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body_invalid',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body_invalid',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_BAD_URL: 'request_malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'route_not_found',
  FST_ERR_NOT_FOUND: 'route_not_found',
}
