import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Closing } from './closing.ts'
import { faultSchema } from './faults.ts'
import { HorizonProblem, notFound } from './horizon/problem.ts'
import type { StellarNode } from './node.ts'

/** The hand of whoever runs the local world, under `/local`: ledgers by hand, faults, and what the network knows itself. Loopback only. */
export const adminRoutes = (node: StellarNode, closing: Closing) => async (app: FastifyInstance) => {
  /** Closes ledgers now, at a time of one's choice (Unix seconds) or at the wall's. */
  app.post('/close', async request => {
    const { closeTime, ledgers } = read(closeBody, request.body ?? {})
    const last = node.network().last().closeTime
    if (closeTime !== undefined && closeTime < last) throw invalid(`the last ledger closed at ${last}, later than that`)
    return {
      data: Array.from({ length: ledgers }, () => {
        const { sequence, hash, closeTime: at, transactions } = node.close(closeTime)
        return { sequence, hash, closeTime: at, transactions: transactions.map(transaction => transaction.hash) }
      }),
    }
  })
  /** How often ledgers close by themselves, in ms; 0: by hand only. */
  app.put('/closing', async request => {
    const { ms } = read(closingBody, request.body)
    closing.every(ms)
    return { ms }
  })
  /** A new genesis, as test networks have it every quarter: the old ledgers, accounts and balances are gone. */
  app.post('/reset', async request => {
    node.reset(read(resetBody, request.body ?? {}).genesisTime)
    const { sequence, hash } = node.network().last()
    return { sequence, hash }
  })

  app.post('/faults', async (request, reply) => reply.code(201).send(node.faults.arm(read(faultSchema, request.body))))
  app.get('/faults', async () => ({ data: node.faults.list() }))
  app.delete('/faults', async (_, reply) => {
    node.faults.clear()
    return reply.code(204).send()
  })
  app.delete<{ Params: { id: string } }>('/faults/:id', async (request, reply) => {
    if (!node.faults.disarm(request.params.id)) throw notFound()
    return reply.code(204).send()
  })

  /** The network's own truth, whatever Horizon shows of it. */
  app.get('/network', async () => {
    const network = node.network()
    const { sequence, hash, closeTime } = network.last()
    return { passphrase: network.passphrase, latest: { sequence, hash, closeTime }, pending: network.pending() }
  })
}

const closeBody = z.strictObject({
  closeTime: z.int().nonnegative().optional(),
  ledgers: z.int().positive().max(10_000).default(1),
})
const closingBody = z.strictObject({ ms: z.int().nonnegative() })
const resetBody = z.strictObject({ genesisTime: z.int().nonnegative().optional() })

const invalid = (detail: string) => new HorizonProblem(422, 'validation_failed', 'Validation Failed', detail)

const read = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error))
  return parsed.data
}
