import type { FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { type ErrorCode, errors } from '../errors.ts'
import type { FieldError } from './problem.ts'

type Issue = { readonly code: string; readonly path: readonly PropertyKey[]; readonly message: string } & Record<string, unknown>

/**
 * What a schema found wrong, field by field; undefined when the error is not a schema's. A schema names a stable code by giving it as its
 * message: `z.string('amount_invalid')`.
 */
export const fieldErrorsOf = (error: unknown, request: FastifyRequest): FieldError[] | undefined => {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined
  const part = (error as { validationContext?: string }).validationContext ?? 'body'
  const prefix = part === 'body' ? [] : [part === 'querystring' ? 'query' : part]
  const issues = error.validation.map(
    ({ keyword, instancePath, message, params }): Issue => ({
      ...params,
      code: keyword,
      path: instancePath.split('/').slice(1).filter(Boolean),
      message: message ?? '',
    }),
  )
  return issues.flatMap(issue => read(issue, part === 'body' ? request.body : undefined, prefix))
}

const read = (issue: Issue, body: unknown, prefix: readonly PropertyKey[]): FieldError[] => {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'unrecognized_keys')
    return (issue.keys as string[]).map(key => field([...path, key], 'field_unknown', errors.field_unknown.title))
  if (issue.code === 'invalid_union' && (issue.errors as Issue[][]).length > 0)
    return closest(issue.errors as Issue[][], body).flatMap(inner => read(inner, body, path))
  return isErrorCode(issue.message)
    ? [field(path, issue.message, errors[issue.message].title)]
    : [field(path, 'request_invalid', issue.message)]
}

/** Of several allowed shapes the one that was meant: it lacks, and does not know, the fewest of the fields that were sent. */
const closest = (shapes: readonly Issue[][], body: unknown): Issue[] => {
  const sent = new Set(Object.keys(body instanceof Object ? body : {}))
  const misfits = (issues: readonly Issue[]) =>
    issues.reduce((count, { code, path, keys }) => {
      if (code === 'unrecognized_keys' && path.length === 0) return count + (keys as string[]).length
      return path.length === 1 && !sent.has(String(path[0])) ? count + 1 : count
    }, 0)
  return [...shapes].sort((a, b) => misfits(a) - misfits(b))[0]!
}

const field = (path: readonly PropertyKey[], code: ErrorCode, message: string): FieldError => ({
  path: path.map(String).join('.'),
  code,
  message,
})

const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errors, text)
