import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Core } from './core.ts'
import { faultSchema } from './faults.ts'
import { Problem } from './problem.ts'

/** The hand of whoever runs the local world, under `/admin`: faults, time, and the bank's own truth. Needs no key; loopback only. */
export const adminApi = (core: Core, webhookSecret: string) => async (app: FastifyInstance) => {
  const { transfers, books, accounts, webhooks, faults } = core

  app.post('/faults', async (request, reply) => reply.code(201).send(faults.arm(read(faultSchema, request.body))))
  app.get('/faults', async () => ({ data: faults.list() }))
  app.delete('/faults', async (_, reply) => {
    faults.clear()
    return reply.code(204).send()
  })
  app.delete<{ Params: { id: string } }>('/faults/:id', async (request, reply) => {
    if (!faults.disarm(request.params.id)) throw new Problem(404, 'fault_not_found', 'There is no such fault.')
    return reply.code(204).send()
  })

  app.get('/transfers', async () => ({ data: transfers.list() }))
  app.get('/books', async () => ({
    entries: books.entries(),
    balances: Object.fromEntries(books.accounts().map(({ id }) => [id, String(books.balance(id))])),
    totals: Object.fromEntries(Object.entries(books.totals()).map(([currency, total]) => [currency, String(total)])),
  }))
  app.get('/webhooks', async () => ({ endpoint: webhooks.endpointUrl() ?? null, data: webhooks.list() }))

  /** Settles what is pending, all or one transfer, without waiting for its time. */
  app.post('/settle', async request => {
    const { externalId } = read(settleBody, request.body ?? {})
    const pending = transfers
      .list()
      .filter(transfer => transfer.status === 'submitted' && (externalId === undefined || transfer.externalId === externalId))
    return { data: pending.map(({ id }) => transfers.settle(id)) }
  })

  app.post<{ Params: { id: string } }>('/return/:id', async request => {
    const { code } = read(returnBody, request.body ?? {})
    return transfers.giveBack(request.params.id, code)
  })

  app.post<{ Params: { id: string } }>('/recall/:id', async request => transfers.recallFunds(request.params.id))
  app.post<{ Params: { id: string } }>('/reverse-return/:id', async request => transfers.reverseReturn(request.params.id))

  /** Gives a counterparty exactly this balance. */
  app.put<{ Params: { accountNumber: string } }>('/counterparties/:accountNumber', async request => {
    const { currency, balance } = read(fundBody, request.body)
    return { accountId: accounts.fundCounterparty(currency, request.params.accountNumber, BigInt(balance)), currency, balance }
  })

  app.put('/webhook-endpoint', async request => {
    const { url, secret } = read(endpointBody, request.body)
    webhooks.setEndpoint(url === null ? undefined : { url, secret: secret ?? webhookSecret })
    return { url }
  })
}

const settleBody = z.strictObject({ externalId: z.string().optional() })
const returnBody = z.strictObject({ code: z.string().min(2).max(8).default('R10') })
const fundBody = z.strictObject({ currency: z.string().regex(/^[A-Z]{3}$/), balance: z.string().regex(/^\d{1,18}$/) })
const endpointBody = z.strictObject({ url: z.url().nullable(), secret: z.string().startsWith('whsec_').optional() })

const read = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new Problem(422, 'validation_failed', z.prettifyError(parsed.error))
  return parsed.data
}
