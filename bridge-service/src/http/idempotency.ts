import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ClientBase, Pool } from 'pg'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import type { Opened } from '../saga/open.ts'
import { canonical } from './canonical.ts'

/** The header of every POST (draft-ietf-httpapi-idempotency-key-header). Loose: it stands among all the others. */
export const idempotencyHeaders = z.looseObject({
  'idempotency-key': z
    .string({ error: issue => (issue.input === undefined ? 'idempotency_key_missing' : 'idempotency_key_invalid') })
    .regex(/^[\x20-\x7e]{1,255}$/, 'idempotency_key_invalid')
    .describe('The same key with the same request gives the same answer and never a second effect.'),
})

/** What a key stands for: who used it, for which request. */
export type Claim = {
  readonly tenant: string
  readonly key: string
  readonly route: string
  readonly requestHash: Buffer
}

/** The pool, or a transaction in which more happens. */
type Database = Pool | ClientBase

export type Answer = { readonly status: number; readonly response: unknown; readonly location: string }

/** Written by the statement that claims the key. `sql` may read from `claimed`, which is empty for a replay; its values begin at `$8`. */
export type Effect = { readonly name: string; readonly sql: string; readonly values: readonly unknown[] }

export const claimOf = (
  request: Pick<FastifyRequest, 'method' | 'url' | 'body' | 'apiKey'> & {
    readonly headers: { readonly 'idempotency-key': string }
  },
): Claim => {
  const route = `${request.method} ${request.url}`
  const requestHash = createHash('sha256')
    .update(`${route}\n${canonical(request.body)}`)
    .digest()
  return { tenant: request.apiKey.tenant, key: request.headers['idempotency-key'], route, requestHash }
}

/** Key, answer and effect in one statement: all or nothing, once. Throws `idempotency_conflict`. */
export const answerOnce = async (pool: Database, claim: Claim, answer: Answer, effect: Effect): Promise<Opened> => {
  const { rowCount } = await pool.query({
    name: `answer_once_${effect.name}`,
    text: `with claimed as (
             insert into idempotency_keys (tenant, key, route, request_hash, status, response, location)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning key
           ), effect as (${effect.sql})
           select from claimed`,
    values: [
      ...[claim.tenant, claim.key, claim.route, claim.requestHash, answer.status, JSON.stringify(answer.response)],
      ...[answer.location, ...effect.values],
    ],
  })
  if (rowCount === 1) return { ...answer, replayed: false }
  const stored = await storedAnswer(pool, claim)
  if (stored === undefined) throw new BridgeError('internal', { reason: 'an idempotency key vanished' })
  return stored
}

/**
 * What the key was answered with before, if it was used: also for a request that would be refused by now. Throws `idempotency_conflict`
 * when it was used for another request.
 */
export const storedAnswer = async (pool: Database, { tenant, key, requestHash }: Claim): Promise<Opened | undefined> => {
  const { rows } = await pool.query<Answer & { request_hash: Buffer }>({
    name: 'stored_answer',
    text: 'select request_hash, status, response, location from idempotency_keys where tenant = $1 and key = $2',
    values: [tenant, key],
  })
  const stored = rows[0]
  if (stored === undefined) return undefined
  if (!stored.request_hash.equals(requestHash)) throw new BridgeError('idempotency_conflict', { key })
  return { status: stored.status, response: stored.response, location: stored.location, replayed: true }
}

/** Runs what may be refused; a refusal of a request that was answered before is that answer. */
export const orStored = async <T>(pool: Pool, claim: Claim, attempt: () => Promise<T>): Promise<T | Opened> => {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    const stored = await storedAnswer(pool, claim)
    if (stored === undefined) throw error
    return stored
  }
}

export const setAnswerHeaders = (reply: FastifyReply, { location, replayed }: Opened): void => {
  reply.header('location', location)
  if (replayed) reply.header('idempotent-replayed', 'true')
}
