import type { ClientBase } from 'pg'
import type { Hash } from './observation.ts'

/** A transaction of a chain that could not be read, or that concerns us and fits nothing that we know, kept whole for a person. */
export type Anomaly = {
  readonly blockNumber: bigint
  readonly blockHash: Hash
  /** As the node names it. */
  readonly txHash: Hash
  /** Index of the operation; -1 for the transaction as a whole. */
  readonly ordinal: number
  readonly reason: string
  readonly detail: string
  /** Base64, as the node gave them. */
  readonly envelopeXdr: string
  readonly resultXdr: string
}

export const insertAnomalies = async (tx: ClientBase, chain: string, anomalies: readonly Anomaly[]): Promise<void> => {
  if (anomalies.length === 0) return
  await tx.query({
    name: 'indexer_insert_anomalies',
    text: `insert into chain_anomalies (chain, block_number, block_hash, tx_hash, ordinal, reason, detail, envelope_xdr, result_xdr)
           select $1, "blockNumber", "blockHash", "txHash", ordinal, reason, detail, "envelopeXdr", "resultXdr"
             from jsonb_to_recordset($2::jsonb) a ("blockNumber" bigint, "blockHash" text, "txHash" text, ordinal int, reason text,
                                                   detail text, "envelopeXdr" text, "resultXdr" text)
           on conflict do nothing`,
    values: [chain, JSON.stringify(anomalies, (_, value) => (typeof value === 'string' ? storable(value) : plain(value)))],
  })
}

const plain = (value: unknown) => (typeof value === 'bigint' ? value.toString() : value)

// Strangers and broken nodes have a say in these texts, and Postgres has no place for a NUL.
const storable = (text: string) => text.replaceAll('\0', '\u{fffd}')
