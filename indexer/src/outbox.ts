import type { ClientBase } from 'pg'

export type ChainNotice = 'chainReorganized' | 'chainHalted' | 'chainResumed' | 'alarmRaised' | 'alarmCleared'

/** Tells the world, in the caller's transaction. */
export const tell = async (tx: ClientBase, chain: string, type: ChainNotice, details: Record<string, unknown>): Promise<void> => {
  await tx.query({
    name: 'indexer_tell',
    text: 'insert into chain_outbox (chain, type, details) values ($1, $2, $3)',
    values: [chain, type, JSON.stringify(details, (_, value) => (typeof value === 'bigint' ? value.toString() : value))],
  })
}
