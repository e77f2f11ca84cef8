import type { ClientBase } from 'pg'
import type { EscrowEvent, Hash } from '../observation.ts'
import { balanceMadeBy, type KnownBalance } from './balance.ts'

/** Of these balances those that our events tell the making of. */
export const readKnownBalances = async (
  db: ClientBase,
  chain: string,
  ids: readonly string[],
): Promise<Map<string, KnownBalance>> => {
  if (ids.length === 0) return new Map()
  const { rows } = await db.query<{
    type: EscrowEvent['type']
    escrow_id: Hash
    ref: string
    token: string
    payee: string | null
    amount: string
    payload: Record<string, unknown>
    tx_hash: Hash
    ordinal: number
  }>({
    name: 'indexer_known_balances',
    text: `select type, escrow_id, ref, token, payee, amount, payload, tx_hash, ordinal from chain_events
            where chain = $1 and balance_id = any($2::text[]) and canonical and escrow_id is not null`,
    values: [chain, ids],
  })
  return new Map(
    rows.flatMap(({ type, escrow_id: escrowId, ref, token, payee, amount, payload, tx_hash: txHash, ordinal }) => {
      const who = payee === null ? {} : { payee }
      const made = balanceMadeBy({ type, escrowId, ref, token, amount: BigInt(amount), ...who, payload, txHash, ordinal })
      return made ? [made] : []
    }),
  )
}
