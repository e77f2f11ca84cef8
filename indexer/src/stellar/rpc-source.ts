import { xdr } from '@stellar/stellar-sdk/base'
import { z } from 'zod'
import { IndexerError } from '../errors.ts'
import type { Hash } from '../observation.ts'
import { fetchJson, type Limits } from './fetch-json.ts'
import { headerOf } from './header.ts'
import type { LedgerSource } from './source.ts'
import type { RawTransaction } from './transaction.ts'

const sequence = z.int().min(0)
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const network = z.object({ passphrase: z.string() })
const health = z.object({ oldestLedger: sequence, latestLedger: sequence })
const ledgers = z.object({ ledgers: z.array(z.object({ sequence, hash, headerXdr: z.string() })) })
const transaction = z.object({
  txHash: hash,
  ledger: sequence,
  applicationOrder: z.int().min(1),
  envelopeXdr: z.string(),
  resultXdr: z.string(),
})
const transactions = z.object({ transactions: z.array(transaction).nullable(), cursor: z.string() })

const pageLimit = 200
// Each comes with everything that happened in it: on a busy network, megabytes.
const ledgerLimit = 50

/**
 * Ledgers and all transactions, failed ones too, over JSON-RPC. Whether a ledger has all of them is told by the hash of the results in its
 * header, since no count is given.
 */
export const rpcSource = (config: { rpcUrl: string } & Limits): LedgerSource => {
  const call = async <T extends z.ZodType>(method: string, result: T, params: object | null = null): Promise<z.output<T>> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const headers = { 'content-type': 'application/json' }
    const answer = z.object({ result: result.optional(), error: z.object({ code: z.int(), message: z.string() }).optional() })
    const { result: found, error } = await fetchJson(config.rpcUrl, answer, config, { method: 'POST', headers, body })
    if (error) throw new Error(`${method}: ${error.message} (${error.code})`)
    if (found === undefined) throw new IndexerError('node_inconsistent', { method, reason: 'neither result nor error' })
    return found as z.output<T>
  }

  return {
    state: async () => {
      const [{ passphrase }, { oldestLedger, latestLedger }] = await Promise.all([
        call('getNetwork', network),
        call('getHealth', health),
      ])
      return { passphrase, oldest: BigInt(oldestLedger), latest: BigInt(latestLedger) }
    },
    headers: async (from, limit) => {
      const pagination = { limit: Math.min(limit, ledgerLimit) }
      const found = await call('getLedgers', ledgers, { startLedger: Number(from), pagination })
      return found.ledgers.map(({ sequence, hash, headerXdr }) =>
        headerOf({ sequence, hash, header: xdr.LedgerHeaderHistoryEntry.fromXdr(headerXdr, 'base64').header }),
      )
    },
    transactions: async function* (from) {
      let at: object = { startLedger: Number(from), pagination: { limit: pageLimit } }
      for (;;) {
        const page = await call('getTransactions', transactions, at)
        if (!page.transactions?.length) return
        yield page.transactions.map(toRaw)
        at = { pagination: { cursor: page.cursor, limit: pageLimit } }
      }
    },
  }
}

const toRaw = ({ txHash, ledger, applicationOrder, envelopeXdr, resultXdr }: z.output<typeof transaction>): RawTransaction => ({
  ledger: BigInt(ledger),
  order: applicationOrder,
  hash: `0x${txHash}` as Hash,
  envelopeXdr,
  resultXdr,
})
