import type { ClientBase } from 'pg'
import type { BlockRef } from './canonical.ts'
import type { Source } from './evm/source.ts'
import { readTokenStates } from './token-store.ts'

/** A token at one height: what the contract says is locked, and what the events add up to. Minor units. */
export type Total = { readonly token: string; readonly height: bigint; readonly locked: bigint; readonly folded: bigint }

/**
 * Asks the contract after a final block, or, where the nodes no longer have its state, after the newest one. A token of which no state is to
 * be had is left out. Where the index began in the middle of a token's life, the first comparison sets what was locked before.
 */
export const compareTotals = async (
  db: ClientBase,
  source: Source,
  chain: string,
  final: BlockRef,
  tip: BlockRef,
): Promise<Total[]> => {
  const totals: Total[] = []
  for (const block of [final, tip]) {
    const states = await readTokenStates(db, chain, block.number)
    for (const [token, { locked: change, since }] of states) {
      if (totals.some(total => total.token === token)) continue
      const locked = await source.totalLocked(token, block)
      if (locked === undefined) continue
      const before = since === 1n ? 0n : await baseline(db, chain, token, locked - change)
      totals.push({ token, height: block.number, locked, folded: before + change })
    }
    if (totals.length === states.size) break
  }
  return totals
}

const baseline = async (db: ClientBase, chain: string, token: string, found: bigint): Promise<bigint> => {
  await db.query('insert into chain_token_baselines (chain, token, locked) values ($1, $2, $3) on conflict do nothing', [
    ...[chain, token, found.toString()],
  ])
  const { rows } = await db.query<{ locked: string }>(
    'select locked from chain_token_baselines where chain = $1 and token = $2',
    [...[chain, token]],
  )
  return BigInt(rows[0]!.locked)
}
