import type { ClientBase } from 'pg'
import type { EscrowEvent } from './observation.ts'
import { observationOf } from './observation-of.ts'
import { tellNews } from './withdraw.ts'

// What an event's row needs beside its payload is in its observation. Measured with 20,000 events: as one text of JSON documents a line,
// which never hold a line feed, they cost Postgres a fifth less of the whole statement than as the objects of one document, and the sender
// half of what an array for each column does.
const given = `with given as materialized (
  select ordinal::int, type, payload::jsonb, observation::jsonb as o
    from rows from (string_to_table($3, E'\\n'), string_to_table($4, E'\\n'), string_to_table($5, E'\\n'), string_to_table($6, E'\\n'))
      e (ordinal, type, payload, observation))`

const insertSql = `insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token,
                                     payer, payee, amount, payload, canonical)
           select $1, o->>'blockHash', (o->'logIndex')::int, o->>'txHash', ordinal, (o->>'blockNumber')::bigint, type, o->>'escrowId',
                  o->>'ref', o->>'token', o->>'payer', o->>'payee', (o->>'amount')::numeric, payload, $2
             from given`

// A row may be there already: of a branch that the chain has left and come back to, or of a reading that was wrong about it.
const insertOrReplaceSql = `${insertSql}
           on conflict (chain, block_hash, log_index) do update
              set tx_hash = excluded.tx_hash, ordinal = excluded.ordinal, type = excluded.type, escrow_id = excluded.escrow_id,
                  ref = excluded.ref, token = excluded.token, payer = excluded.payer, payee = excluded.payee, amount = excluded.amount,
                  payload = excluded.payload, canonical = true
            where excluded.canonical`

// Looking each event up again by its fact to hand it off, and putting its observation together in SQL, took Postgres 40 % longer.
const andTell = (insert: string) => `${given}, inserted as (${insert}),
news as (select (o->>'txHash') || ':' || ordinal as fact, o->>'ref' as subject, type as kind, o as payload from given)${tellNews}`

const insertAndTellSql = andTell(insertSql)
const replaceAndTellSql = andTell(insertOrReplaceSql)

const valuesOf = (chain: string, events: readonly EscrowEvent[], canonical: boolean) => {
  const lines = (read: (event: EscrowEvent) => unknown) => events.map(read).join('\n')
  return [
    ...[chain, canonical, lines(event => event.ordinal), lines(event => event.type)],
    ...[lines(event => JSON.stringify(event.payload)), lines(event => JSON.stringify(observationOf(event)))],
  ]
}

/**
 * Events of the canonical chain, handed to the saga's inbox. `newBlocks`: their blocks came into the tables in this very transaction, so none
 * of the events can be there; that saves Postgres the look. Returns how many inbox rows changed: the same truth again changes none.
 */
export const insertCanonicalEvents = async (
  tx: ClientBase,
  chain: string,
  events: readonly EscrowEvent[],
  newBlocks: boolean,
): Promise<number> => {
  if (events.length === 0) return 0
  const statement = newBlocks
    ? { name: 'indexer_insert_and_tell', text: insertAndTellSql }
    : { name: 'indexer_insert_and_tell_again', text: replaceAndTellSql }
  const { rowCount } = await tx.query({ ...statement, values: valuesOf(chain, events, true) })
  return rowCount ?? 0
}

/** Events of a rival branch: kept, and told to nobody. */
export const insertRivalEvents = async (tx: ClientBase, chain: string, events: readonly EscrowEvent[]): Promise<void> => {
  if (events.length === 0) return
  await tx.query({
    name: 'indexer_insert_events',
    text: `${given} ${insertOrReplaceSql}`,
    values: valuesOf(chain, events, false),
  })
}
