import type { ClientBase } from 'pg'
import { tellNews, truth } from './hand-off.ts'
import type { EscrowEvent } from './observation.ts'

// A row may be there already: of a branch that the chain has left and come back to, or of a reading that was wrong about it.
const insertSql = `insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token,
                                     payer, payee, amount, payload, canonical)
           select $1, "blockHash", "logIndex", "txHash", ordinal, "blockNumber", type, "escrowId", ref, token,
                  payer, payee, amount, payload, $3
             from json_to_recordset($2::json) e (
               "blockHash" text, "logIndex" int, "txHash" text, ordinal int, "blockNumber" bigint, type text, "escrowId" text, ref text,
               token text, payer text, payee text, amount numeric, payload jsonb)
           on conflict (chain, block_hash, log_index) do update
              set tx_hash = excluded.tx_hash, ordinal = excluded.ordinal, type = excluded.type, escrow_id = excluded.escrow_id,
                  ref = excluded.ref, token = excluded.token, payer = excluded.payer, payee = excluded.payee, amount = excluded.amount,
                  payload = excluded.payload, canonical = true
            where excluded.canonical`

// Insert and hand-off read the events once: as two statements the second looked each of them up again by its fact.
const insertAndTellSql = `with e as (${insertSql} returning *),
news as (select e.fact, e.ref as subject, e.type as kind, ${truth} as payload from e)${tellNews}`

const toJson = (events: readonly EscrowEvent[]) =>
  JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? value.toString() : value))

/** Events of the canonical chain, handed to the saga's inbox. Returns how many inbox rows changed. */
export const insertCanonicalEvents = async (tx: ClientBase, chain: string, events: readonly EscrowEvent[]): Promise<number> => {
  if (events.length === 0) return 0
  const values = [chain, toJson(events), true]
  const { rowCount } = await tx.query({ name: 'indexer_insert_and_tell', text: insertAndTellSql, values })
  return rowCount ?? 0
}

/** Events of a rival branch: kept, and told to nobody. */
export const insertRivalEvents = async (tx: ClientBase, chain: string, events: readonly EscrowEvent[]): Promise<void> => {
  if (events.length === 0) return
  await tx.query({ name: 'indexer_insert_events', text: insertSql, values: [chain, toJson(events), false] })
}
