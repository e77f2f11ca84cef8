import type { StellarTask } from '../../../../bridge-service/src/chains/stellar/task.ts'
import type { Attempt, StellarTx } from '../../../../bridge-service/src/chains/stellar/tx-store.ts'

export type ChannelRow = {
  readonly account: string
  /** The highest number known to be consumed. */
  readonly sequence: bigint | undefined
  readonly owner: string | undefined
  readonly epoch: number
  /** Database time; undefined before the first lease. */
  readonly untilMs: number | undefined
}

export type WishRow = StellarTx & {
  readonly escrowId: string | undefined
  /** The fact of the deposit that it is about. */
  readonly deposit: string | undefined
  readonly createdMs: number
}

/** What the senders of a Stellar network keep, as the migrations have it: rows are replaced, never changed. */
export type StellarTables = {
  readonly channels: Map<string, ChannelRow>
  /** By intent, in the order in which they came. */
  readonly txs: Map<string, WishRow>
  /** Of every signature, by its hash. */
  readonly envelopes: Map<string, Uint8Array>
}

export const emptyStellarTables = (): StellarTables => ({ channels: new Map(), txs: new Map(), envelopes: new Map() })

export const openOn = ({ txs }: StellarTables, channel: string): Attempt | undefined => {
  for (const { attempts } of txs.values())
    for (const attempt of attempts) if (attempt.fate === 'open' && attempt.channel === channel) return attempt
  return undefined
}

export const depositOf = (task: StellarTask): string | undefined => ('deposit' in task ? task.deposit : undefined)
