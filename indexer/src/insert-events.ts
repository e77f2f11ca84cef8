import type { ClientBase } from 'pg'
import type { EscrowEvent } from './observation.ts'
import { observationOf } from './observation-of.ts'
import { tellNews } from './withdraw.ts'

// A row may be there already: of a branch that the chain has left and come back to, or of a reading that was wrong about it.
const insertSql = `insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token,
                                     payer, payee, amount, payload, canonical)
           select $1, "blockHash", "logIndex", "txHash", ordinal, "blockNumber", type, "escrowId", ref, token,
                  payer, payee, amount, payload, $3
             from given
           on conflict (chain, block_hash, log_index) do update
              set tx_hash = excluded.tx_hash, ordinal = excluded.ordinal, type = excluded.type, escrow_id = excluded.escrow_id,
                  ref = excluded.ref, token = excluded.token, payer = excluded.payer, payee = excluded.payee, amount = excluded.amount,
                  payload = excluded.payload, canonical = true
            where excluded.canonical`

const given = `with given as materialized (
  select * from jsonb_to_recordset($2::jsonb) e (
    "blockHash" text, "logIndex" int, "txHash" text, ordinal int, "blockNumber" bigint, type text, "escrowId" text, ref text,
    token text, payer text, payee text, amount numeric, payload jsonb, observation jsonb))`

// Measured with 20,000 events: looking each event up again by its fact to hand it off, and putting its observation together in SQL, took
// Postgres 40 % longer than to be given both.
const insertAndTellSql = `${given}, inserted as (${insertSql}),
news as (select "txHash" || ':' || ordinal as fact, ref as subject, type as kind, observation as payload from given)${tellNews}`

// With a replacer for the two integers, JSON took five times as long.
const toRow = (event: EscrowEvent) => ({ ...event, amount: event.amount?.toString(), blockNumber: event.blockNumber.toString() })

/** Events of the canonical chain, handed to the saga's inbox. Returns how many inbox rows changed: the same truth again changes none. */
export const insertCanonicalEvents = async (tx: ClientBase, chain: string, events: readonly EscrowEvent[]): Promise<number> => {
  if (events.length === 0) return 0
  const values = [chain, JSON.stringify(events.map(event => ({ ...toRow(event), observation: observationOf(event) }))), true]
  const { rowCount } = await tx.query({ name: 'indexer_insert_and_tell', text: insertAndTellSql, values })
  return rowCount ?? 0
}

/** Events of a rival branch: kept, and told to nobody. */
export const insertRivalEvents = async (tx: ClientBase, chain: string, events: readonly EscrowEvent[]): Promise<void> => {
  if (events.length === 0) return
  await tx.query({
    name: 'indexer_insert_events',
    text: `${given} ${insertSql}`,
    values: [chain, JSON.stringify(events.map(toRow)), false],
  })
}
