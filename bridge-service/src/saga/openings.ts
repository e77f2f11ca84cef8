import type { ClientBase, Pool } from 'pg'
import { BridgeError } from '../errors.ts'
import type { QuoteId } from '../transfer/id.ts'
import { nameFrom, nameOf, type Opening, type StoredAnswer } from './open.ts'

/** The openings whose key is new. Of two with one key in the same batch, the first. */
export const claimKeys = async (client: ClientBase, openings: readonly Opening[]): Promise<Opening[]> => {
  const first = [...new Map([...openings].reverse().map(opening => [nameOf(opening), opening])).values()]
  // Sorted, so that two batches that share keys never wait for each other in a circle.
  first.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const { rows } = await client.query<{ tenant: string; key: string }>({
    name: 'claim_idempotency_keys',
    text: `insert into idempotency_keys (tenant, key, route, request_hash, status, response, location)
           select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::int[], $6::jsonb[], $7::text[])
           on conflict do nothing returning tenant, key`,
    values: [
      first.map(o => o.unborn.tenant),
      first.map(o => o.key),
      first.map(o => o.route),
      first.map(o => o.requestHash),
      first.map(o => o.status),
      first.map(o => o.response),
      first.map(o => o.location),
    ],
  })
  const claimed = new Set(rows.map(nameFrom))
  return first.filter(opening => claimed.has(nameOf(opening)))
}

/** A quote serves one transfer, before it expires by database time. */
export const takeQuotes = async (client: ClientBase, fresh: readonly Opening[]): Promise<void> => {
  const wanted = fresh.filter(opening => opening.quoteId !== undefined).sort((a, b) => (a.quoteId! < b.quoteId! ? -1 : 1))
  if (wanted.length === 0) return
  const { rows } = await client.query<{ id: QuoteId }>({
    name: 'take_quotes',
    text: `update quotes q set transfer_id = w.transfer_id
             from unnest($1::text[], $2::text[], $3::text[]) as w(id, tenant, transfer_id)
            where q.id = w.id and q.tenant = w.tenant and q.transfer_id is null and q.expires_at > causeway_now()
           returning q.id`,
    values: [wanted.map(o => o.quoteId), wanted.map(o => o.unborn.tenant), wanted.map(o => o.unborn.id)],
  })
  const taken = new Set(rows.map(row => row.id))
  const refused = wanted.find(opening => !taken.has(opening.quoteId!))
  if (refused === undefined && rows.length === wanted.length) return
  const { quoteId, unborn } = refused ?? wanted[0]!
  // Of his own tenant only: nobody learns that somebody else's quote exists.
  const { rows: found } = await client.query<{ transfer_id: string | null }>(
    'select transfer_id from quotes where id = $1 and tenant = $2',
    [quoteId, unborn.tenant],
  )
  if (found[0] === undefined) throw new BridgeError('quote_not_found', { quoteId })
  throw new BridgeError(found[0].transfer_id === null ? 'quote_expired' : 'quote_used', { quoteId })
}

/** What keys that were used before were answered with. */
export const storedAnswers = async (pool: Pool, openings: readonly Opening[]): Promise<StoredAnswer[]> => {
  const { rows } = await pool.query<Omit<StoredAnswer, 'requestHash'> & { request_hash: Buffer }>(
    `select k.tenant, k.key, k.request_hash, k.status, k.response, k.location
       from idempotency_keys k join unnest($1::text[], $2::text[]) as w(tenant, key) using (tenant, key)`,
    [openings.map(o => o.unborn.tenant), openings.map(o => o.key)],
  )
  return rows.map(({ request_hash: requestHash, ...answer }) => ({ ...answer, requestHash }))
}
