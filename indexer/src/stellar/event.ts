import type { BlockRef } from '../canonical.ts'
import type { EscrowEvent } from '../observation.ts'
import type { KnownBalance } from './balance.ts'
import type { Movement, StellarTransaction } from './transaction.ts'
import type { Watched } from './watched.ts'

/** Something that concerns us and fits nothing that we know: for a person to look at. */
export type Oddity = {
  readonly reason: 'balance_shape_unknown' | 'claim_moved_on_unclear' | 'memo_unprintable'
  /** Index of the operation. */
  readonly index: number
}

/** A look at one transaction, with what it has shown so far. */
export type Look = {
  readonly transaction: StellarTransaction
  readonly block: BlockRef
  readonly watched: Watched
  /** What a release has moved on is no event of its own: neither twice released, nor a deposit. */
  readonly spent: Set<Movement>
  readonly oddities: Oddity[]
  readonly balanceOf: (id: string) => KnownBalance | undefined
}

export const place = (type: EscrowEvent['type'], { index }: Movement, { transaction, block }: Look) => ({
  ...{ type, txHash: transaction.hash, ordinal: index, blockNumber: block.number, blockHash: block.hash },
  logIndex: transaction.order * operationsInATransaction + index,
})

const operationsInATransaction = 100

/** Every value as a string; what is absent is left out. */
export const payload = ({ transaction }: Look, fields: Record<string, string | bigint | undefined>): Record<string, unknown> => {
  const all = { ...fields, feeBumpHash: transaction.feeBumpHash, sequence: '0' }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value.toString()]])),
  )
}
