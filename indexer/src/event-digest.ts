import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { EscrowEvent } from './observation.ts'

export type EventDigest = { readonly events: number; readonly digest: string }

/** One line per event, the same from a reading and from the tables: everything that the chain says, its arguments sorted by name. */
export const digestOf = (lines: readonly string[]): EventDigest => {
  const hash = createHash('sha256')
  for (const line of lines) hash.update(line).update('\n')
  return { events: lines.length, digest: hash.digest('hex') }
}

export const lineOf = (
  event: Pick<EscrowEvent, 'blockHash' | 'logIndex' | 'txHash' | 'ordinal' | 'type' | 'payload'>,
): string => {
  const args = Object.keys(event.payload)
    .sort()
    .map(name => `${name}=${event.payload[name]}`)
  return [event.blockHash, event.logIndex, event.txHash, event.ordinal, event.type, ...args].join(' ')
}

/** The event by its place in the block and by what it says, whatever its number within the transaction. */
export const withoutOrdinal = (line: string): string => line.split(' ').toSpliced(3, 1).join(' ')

/** The lines of the canonical events in a range, by block hash, each in the order of the chain. */
export const readLines = async (db: ClientBase, chain: string, from: bigint, to: bigint): Promise<Map<string, string[]>> => {
  const { rows } = await db.query<Parameters<typeof lineOf>[0]>({
    name: 'indexer_read_lines',
    text: `select block_hash as "blockHash", log_index as "logIndex", tx_hash as "txHash", ordinal, type, payload
             from chain_events where chain = $1 and canonical and block_number between $2 and $3 order by block_number, log_index`,
    values: [chain, from, to],
  })
  return linesByBlock(rows)
}

export const linesByBlock = (events: readonly Parameters<typeof lineOf>[0][]): Map<string, string[]> => {
  const byBlock = new Map<string, string[]>()
  for (const event of events) {
    const lines = byBlock.get(event.blockHash)
    if (lines) lines.push(lineOf(event))
    else byBlock.set(event.blockHash, [lineOf(event)])
  }
  return byBlock
}
