import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { orderableAccounts } from './accounts.ts'
import type { Core } from './core.ts'
import { type Disturbance, hangUp } from './disturbance.ts'
import type { Subject } from './faults.ts'
import { Problem } from './problem.ts'
import type { Transfer } from './record.ts'
import { subjectOf } from './subject.ts'

/** The bank's API for its customers, under `/v1`. */
export const customerApi = (core: Core, disturbance: Disturbance, apiKey: string) => async (app: FastifyInstance) => {
  const { transfers, books, faults } = core
  const inProgress = new Set<string>()

  app.addHook('onRequest', async (request, reply) => {
    if (faults.take('down')) return hangUp(request, reply) && reply
    if (!holdsKey(request, apiKey)) throw new Problem(401, 'unauthenticated', 'A valid API key is required.')
  })

  app.post('/transfers', async (request, reply) => {
    const subject = subjectOf(request.body)
    if (await disturbance.before('submit', subject, request, reply)) return reply
    const { transfer, replayed } = await take(keyOf(request), request.body, subject)
    if (await disturbance.after('submit', subject, request, reply)) return reply
    if (replayed) reply.header('idempotent-replayed', 'true')
    return reply.code(replayed ? 200 : 201).send(transfer)
  })

  const take = async (key: string, body: unknown, subject: Subject): Promise<{ transfer: Transfer; replayed: boolean }> => {
    const known = transfers.recall(key, body)
    if (known) return { transfer: known, replayed: true }
    const claims = claimsOf({ idempotencyKey: key, externalId: subject.externalId })
    refuseWhileInProgress(claims)
    for (const claim of claims) inProgress.add(claim)
    try {
      await disturbance.during('submit', subject)
      return transfers.accept(key, body)
    } finally {
      for (const claim of claims) inProgress.delete(claim)
    }
  }

  const refuseWhileInProgress = (claims: readonly string[]) => {
    if (claims.some(claim => inProgress.has(claim))) throw new Problem(409, 'in_progress', 'The order is being worked on.')
  }

  app.get('/transfers', async (request, reply) => {
    const query = read(transfersQuery, request.query)
    const find = () =>
      'idempotencyKey' in query ? transfers.findByKey(query.idempotencyKey) : transfers.findByExternalId(query.externalId)
    const subject = subjectOf(find()[0] ?? query)
    if (await disturbance.before('query', subject, request, reply)) return reply
    await disturbance.during('query', subject)
    const data = find()
    // "Nothing there" would be a lie while the order is being worked on.
    if (data.length === 0) refuseWhileInProgress(claimsOf(query))
    if (await disturbance.after('query', subject, request, reply)) return reply
    return { data }
  })

  app.get<{ Params: { id: string } }>('/transfers/:id', async (request, reply) => {
    const transfer = transfers.get(request.params.id)
    if (await disturbance.before('query', subjectOf(transfer), request, reply)) return reply
    await disturbance.during('query', subjectOf(transfer))
    if (await disturbance.after('query', subjectOf(transfer), request, reply)) return reply
    return transfers.get(transfer.id)
  })

  app.post<{ Params: { id: string } }>('/transfers/:id/cancel', async (request, reply) => {
    const subject = subjectOf(transfers.get(request.params.id))
    if (await disturbance.before('cancel', subject, request, reply)) return reply
    await disturbance.during('cancel', subject)
    const transfer = transfers.cancel(request.params.id)
    if (await disturbance.after('cancel', subject, request, reply)) return reply
    return transfer
  })

  app.get<{ Params: { id: string } }>('/accounts/:id/balance', async (request, reply) => {
    const account = ownAccount(request.params.id)
    if (await disturbance.before('read', {}, request, reply)) return reply
    await disturbance.during('read', {})
    const { id, currency } = account
    const answer = { accountId: id, currency, balance: String(books.balance(id)), available: String(transfers.available(id)) }
    if (await disturbance.after('read', {}, request, reply)) return reply
    return answer
  })

  app.get<{ Params: { id: string } }>('/accounts/:id/transactions', async (request, reply) => {
    const account = ownAccount(request.params.id)
    const { after, limit } = read(statementQuery, request.query)
    if (await disturbance.before('read', {}, request, reply)) return reply
    await disturbance.during('read', {})
    // One more than asked for tells whether there is a next page.
    const found = books.statement(account.id, after, limit + 1)
    const data = found.slice(0, limit).map(({ entry, line }) => ({
      cursor: String(entry.position),
      kind: entry.kind,
      transferId: entry.transferId ?? 'opening',
      externalId: entry.transferId === undefined ? 'opening' : transfers.get(entry.transferId).externalId,
      amount: line.amountMinor,
      currency: line.currency,
      at: entry.at,
    }))
    if (await disturbance.after('read', {}, request, reply)) return reply
    const last = data.at(-1)
    return { data, ...(found.length > limit && last ? { next: last.cursor } : {}) }
  })

  const ownAccount = (id: string) => {
    const account = orderableAccounts.has(id) ? books.account(id) : undefined
    if (!account) throw new Problem(404, 'account_not_found', `There is no account ${id}.`)
    return account
  }
}

const transfersQuery = z.union([
  z.strictObject({ idempotencyKey: z.string().min(1) }),
  z.strictObject({ externalId: z.string().min(1) }),
])

const statementQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

const read = <T>(schema: z.ZodType<T>, query: unknown): T => {
  const parsed = schema.safeParse(query)
  if (!parsed.success) throw new Problem(422, 'validation_failed', 'The query is not one that this resource knows.')
  return parsed.data
}

const claimsOf = (names: { idempotencyKey?: string | undefined; externalId?: string | undefined }) =>
  Object.entries(names).flatMap(([name, value]) => (value === undefined ? [] : [`${name}:${value}`]))

const keyOf = (request: FastifyRequest): string => {
  const key = request.headers['idempotency-key']
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new Problem(400, 'idempotency_key_missing', 'Idempotency-Key must be 1 to 255 printable characters.')
}

// Hashed first, because a comparison in constant time needs equal lengths.
const holdsKey = (request: FastifyRequest, apiKey: string) =>
  timingSafeEqual(sha256(request.headers.authorization ?? ''), sha256(`Bearer ${apiKey}`))

const sha256 = (text: string) => createHash('sha256').update(text).digest()
