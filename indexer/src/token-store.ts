import type { ClientBase } from 'pg'
import type { Hash } from './observation.ts'
import type { TokenRow, TokenStates } from './token-states.ts'

/** Every token as it stands on the canonical chain after this height. */
export const readTokenStates = async (db: ClientBase, chain: string, height: bigint): Promise<TokenStates> => {
  const { rows } = await db.query<{ token: string; sequence: string; since: string; locked: string; block_number: string }>({
    name: 'indexer_read_token_states',
    text: `select distinct on (token) token, sequence, since, locked, block_number
             from chain_token_states where chain = $1 and canonical and block_number <= $2 order by token, block_number desc`,
    values: [chain, height],
  })
  return new Map(
    rows.map(row => [
      row.token,
      { sequence: BigInt(row.sequence), since: BigInt(row.since), locked: BigInt(row.locked), height: BigInt(row.block_number) },
    ]),
  )
}

export const insertTokenRows = async (tx: ClientBase, chain: string, rows: readonly TokenRow[]): Promise<void> => {
  if (rows.length === 0) return
  await tx.query({
    name: 'indexer_insert_token_states',
    text: `insert into chain_token_states (chain, block_hash, token, block_number, sequence, since, locked, canonical)
           select $1, hash, token, number, sequence, since, locked, true
             from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::numeric[])
               t (hash, token, number, sequence, since, locked)
           on conflict (chain, token, block_hash) do update
              set canonical = true, sequence = excluded.sequence, since = excluded.since, locked = excluded.locked`,
    values: [
      chain,
      rows.map(row => row.blockHash),
      rows.map(row => row.token),
      rows.map(row => row.height),
      rows.map(row => row.sequence),
      rows.map(row => row.since),
      rows.map(row => row.locked),
    ],
  })
}

export const orphanTokenRows = (tx: ClientBase, chain: string, above: bigint) =>
  tx.query({
    name: 'indexer_orphan_token_states',
    text: 'update chain_token_states set canonical = false where chain = $1 and canonical and block_number > $2',
    values: [chain, above],
  })

/** A block's events were set right: its own rows, and what is locked in all that follow. */
export const correctTokenRows = async (
  tx: ClientBase,
  chain: string,
  block: { readonly number: bigint; readonly hash: Hash },
  rows: readonly TokenRow[],
): Promise<void> => {
  const { rows: before } = await tx.query<{ token: string; locked: string }>(
    'select token, locked from chain_token_states where chain = $1 and block_hash = $2 and canonical',
    [chain, block.hash],
  )
  const states = await readTokenStates(tx, chain, block.number - 1n)
  const lockedIn = (token: string) => {
    const row = before.find(one => one.token === token)
    return row ? BigInt(row.locked) : (states.get(token)?.locked ?? 0n)
  }
  await tx.query('update chain_token_states set canonical = false where chain = $1 and block_hash = $2', [chain, block.hash])
  await insertTokenRows(tx, chain, rows)
  for (const token of new Set([...before.map(row => row.token), ...rows.map(row => row.token)])) {
    const now = rows.find(row => row.token === token)?.locked ?? states.get(token)?.locked ?? 0n
    await tx.query(
      `update chain_token_states set locked = locked + $4::numeric
        where chain = $1 and token = $2 and canonical and block_number > $3`,
      [chain, token, block.number, (now - lockedIn(token)).toString()],
    )
  }
}

/** Whether the tables hold these numbers for this block: an event that is none of the saga's is counted all the same. */
export const hasTokenRows = async (
  db: ClientBase,
  chain: string,
  block: { readonly hash: Hash },
  rows: readonly TokenRow[],
): Promise<boolean> => {
  const { rows: held } = await db.query<{ token: string; sequence: string }>(
    'select token, sequence from chain_token_states where chain = $1 and block_hash = $2 and canonical',
    [chain, block.hash],
  )
  return (
    held.length === rows.length &&
    rows.every(row => held.some(one => one.token === row.token && BigInt(one.sequence) === row.sequence))
  )
}
