import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { StellarNode } from '../node.ts'
import { getLedgerEntries } from './get-ledger-entries.ts'
import { getLatestLedger, getLedgers } from './get-ledgers.ts'
import { getFeeStats, getHealth, getNetwork } from './get-network.ts'
import { getTransaction, getTransactions } from './get-transactions.ts'
import type { RpcMethod } from './method.ts'
import { internalError, invalidRequest, methodNotFound, RpcError } from './rpc-error.ts'
import { sendTransaction } from './send-transaction.ts'

const methods: Readonly<Record<string, RpcMethod>> = {
  getHealth,
  getNetwork,
  getFeeStats,
  getLatestLedger,
  getLedgers,
  getTransaction,
  getTransactions,
  getLedgerEntries,
  sendTransaction,
}

const call = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string(),
  params: z.unknown().optional(),
})

/** Stellar RPC under `/rpc`: the methods that a bridge needs, over the same ingested history as Horizon. */
export const rpcRoutes = (node: StellarNode) => async (app: FastifyInstance) => {
  app.post('/rpc', async (request, reply) => {
    const refusal = node.faults.take('refuse', { on: 'rpc' })
    if (refusal) return reply.code(refusal.status).send('refused on demand')
    const parsed = call.safeParse(request.body)
    const id = parsed.success ? (parsed.data.id ?? null) : null
    const lose = (by: 'timeout' | 'disconnect') => {
      if (by === 'timeout') reply.code(504).send('timeout')
      else {
        reply.hijack()
        reply.raw.destroy()
      }
      return undefined
    }
    try {
      if (!parsed.success) throw invalidRequest('not a JSON-RPC 2.0 call')
      const method = Object.hasOwn(methods, parsed.data.method) ? methods[parsed.data.method] : undefined
      if (!method) throw methodNotFound()
      const context = { friendbotUrl: `http://${request.headers.host}/friendbot`, lose }
      const result = method(node, parsed.data.params ?? {}, context)
      return result === undefined ? reply : { jsonrpc: '2.0', id, result }
    } catch (error) {
      const { code, message } = error instanceof RpcError ? error : internalError(String(error))
      return { jsonrpc: '2.0', id, error: { code, message } }
    }
  })
}
