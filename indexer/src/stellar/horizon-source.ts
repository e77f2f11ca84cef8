import { xdr } from '@stellar/stellar-sdk/base'
import { z } from 'zod'
import type { Hash } from '../observation.ts'
import { backOffMs, pause } from '../pause.ts'
import { fetchJson, type Limits } from './fetch-json.ts'
import { headerOf } from './header.ts'
import type { LedgerSource } from './source.ts'
import type { RawTransaction } from './transaction.ts'

const sequence = z.int().min(0)
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const root = z.object({
  network_passphrase: z.string(),
  history_elder_ledger: sequence,
  history_latest_ledger: sequence,
})
const ledger = z.object({ sequence, hash, header_xdr: z.string(), successful_transaction_count: z.int().min(0) })
const transaction = z.object({
  hash,
  ledger: sequence,
  paging_token: z.string().regex(/^\d{1,19}$/),
  envelope_xdr: z.string(),
  result_xdr: z.string(),
})
const pageOf = <T extends z.ZodType>(record: T) => z.object({ _embedded: z.object({ records: z.array(record) }) })
const ledgerPage = pageOf(ledger)
const transactionPage = pageOf(transaction)

// What Horizon gives at most.
const pageLimit = 200

/**
 * Ledgers and successful transactions from Horizon's feeds, by cursor. A cursor older than its history is silently moved forward there, so
 * the caller must check that what it gets is what it asked for.
 */
export const horizonSource = (config: { horizonUrl: string } & Limits): LedgerSource => {
  const base = config.horizonUrl.replace(/\/+$/, '')

  return {
    state: async () => {
      const state = await fetchJson(`${base}/`, root, config)
      return {
        passphrase: state.network_passphrase,
        oldest: BigInt(state.history_elder_ledger),
        latest: BigInt(state.history_latest_ledger),
      }
    },
    headers: async (from, limit) => {
      const url = `${base}/ledgers?cursor=${idBefore(from)}&order=asc&limit=${Math.min(limit, pageLimit)}`
      const { records } = (await fetchJson(url, ledgerPage, config))._embedded
      return records.map(({ sequence, hash, header_xdr, successful_transaction_count: successful }) =>
        headerOf({ sequence, hash, header: xdr.LedgerHeader.fromXdr(header_xdr, 'base64'), successful }),
      )
    },
    transactions: async function* (from) {
      let cursor = String(idBefore(from))
      for (;;) {
        const url = `${base}/transactions?cursor=${cursor}&order=asc&limit=${pageLimit}&include_failed=false`
        const { records } = (await fetchJson(url, transactionPage, config))._embedded
        const last = records[records.length - 1]
        if (last === undefined) return
        yield records.map(toRaw)
        cursor = last.paging_token
      }
    },
    listen: async (wake, signal) => {
      for (let failures = 1; !signal.aborted; failures++) {
        const url = `${base}/ledgers?cursor=now`
        await fetch(url, { headers: { accept: 'text/event-stream' }, signal })
          .then(async response => {
            if (!response.ok) return
            for await (const _ of response.body ?? []) {
              failures = 0
              wake()
            }
          })
          .catch(() => {}) // a broken stream costs time, nothing else
        await pause(backOffMs(failures, 100), signal)
      }
    },
  }
}

// A paging token is ledger << 32 | place in the ledger << 12 | operation (SEP-35).
const idBefore = (ledger: bigint): bigint => (ledger << 32n) - 1n

const toRaw = ({ hash, ledger, paging_token, envelope_xdr, result_xdr }: z.output<typeof transaction>): RawTransaction => ({
  ledger: BigInt(ledger),
  order: Number((BigInt(paging_token) >> 12n) & 0xfffffn),
  hash: `0x${hash}` as Hash,
  envelopeXdr: envelope_xdr,
  resultXdr: result_xdr,
})
