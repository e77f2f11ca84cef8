import type { Pool, PoolClient } from 'pg'
import { borrow } from '../borrow.ts'
import { BridgeError } from '../errors.ts'
import { type Intent, intentOf } from '../intents/intent.ts'
import { request } from '../transfer/decide.ts'
import type { QuoteId } from '../transfer/id.ts'
import type { Transfer, Unborn } from '../transfer/transfer.ts'
import type { DatabaseClock } from './database-clock.ts'
import { type Lease, type Step, stepStatement } from './step.ts'

/** A request to open a transfer, with the answer that its idempotency key will give for ever. */
export type Opening = {
  readonly unborn: Unborn
  readonly quoteId?: QuoteId
  readonly actor: string
  readonly key: string
  readonly route: string
  readonly requestHash: Buffer
  readonly status: number
  readonly response: unknown
  readonly location: string
}

export type Opened = {
  readonly status: number
  readonly response: unknown
  readonly location: string
  /** The key had been used for the same request before: this is that answer. */
  readonly replayed: boolean
}

export type OpenerOptions = {
  readonly pool: Pool
  readonly clock: DatabaseClock
  /** Without it the intents are left to another process. */
  readonly lease?: Lease
  readonly execute: (intents: readonly Intent[]) => void
  readonly onMoved: (moved: readonly Transfer[]) => void
  readonly maxBatch?: number
}

type Waiting = { opening: Opening; resolve: (opened: Opened) => void; reject: (error: unknown) => void }

/**
 * Opens transfers: key, quote, transfer, event and first intent commit together. Requests that arrive while a commit is under way share
 * the next one. Throws `idempotency_conflict`, `quote_used` or `quote_expired`; then nothing is written.
 */
export const transferOpener = ({ pool, clock, lease, execute, onMoved, maxBatch = 256 }: OpenerOptions) => {
  let waiting: Waiting[] = []
  let running = false

  const pump = async () => {
    if (running) return
    running = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(batch.length)
      await openBatch(batch)
    }
    running = false
  }

  const openBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const answers = await commit(batch.map(item => item.opening))
      for (const [index, item] of batch.entries()) {
        const answer = answers[index]!
        if (answer instanceof Error) item.reject(answer)
        else item.resolve(answer)
      }
    } catch (error) {
      if (batch.length === 1) return batch[0]!.reject(error)
      for (const item of batch) await openBatch([item])
    }
  }

  const commit = async (openings: readonly Opening[]): Promise<(Opened | Error)[]> => {
    const { client, release } = await borrow(pool)
    try {
      await client.query('begin')
      const fresh = await claimKeys(client, openings)
      await takeQuotes(client, fresh)
      const nowMs = clock.nowMs()
      const steps: Step[] = fresh.map(({ unborn, actor }) => {
        const decision = request(unborn, nowMs)
        const intents = decision.intents.map(wish => intentOf(decision.after, wish))
        return { before: unborn, decision, intents, actor, cause: 'command:create' }
      })
      const { rowCount } = steps.length > 0 ? await client.query(stepStatement(steps, lease)) : { rowCount: 0 }
      if (rowCount !== steps.length)
        throw new BridgeError('internal', { reason: 'a transfer id or an escrow ref was there already' })
      await client.query('commit')
      if (lease) execute(steps.flatMap(step => step.intents))
      onMoved(steps.map(step => step.decision.after))
      return await answerAll(client, openings, new Set(fresh))
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw error
    } finally {
      release()
    }
  }

  return {
    open: (opening: Opening): Promise<Opened> =>
      new Promise((resolve, reject) => {
        waiting.push({ opening, resolve, reject })
        setImmediate(() => void pump())
      }),
  }
}

/** The openings whose key is new. Of two with one key in the same batch, the first. */
const claimKeys = async (client: PoolClient, openings: readonly Opening[]): Promise<Opening[]> => {
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
const takeQuotes = async (client: PoolClient, fresh: readonly Opening[]): Promise<void> => {
  const wanted = fresh.filter(opening => opening.quoteId !== undefined).sort((a, b) => (a.quoteId! < b.quoteId! ? -1 : 1))
  if (wanted.length === 0) return
  const { rows } = await client.query<{ id: QuoteId }>({
    name: 'take_quotes',
    text: `update quotes q set transfer_id = w.transfer_id
             from unnest($1::text[], $2::text[], $3::text[]) as w(id, tenant, transfer_id)
            where q.id = w.id and q.tenant = w.tenant and q.transfer_id is null and q.expires_at > now()
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

const answerAll = async (
  client: PoolClient,
  openings: readonly Opening[],
  fresh: ReadonlySet<Opening>,
): Promise<(Opened | Error)[]> => {
  const old = openings.filter(opening => !fresh.has(opening))
  const { rows } =
    old.length === 0
      ? { rows: [] }
      : await client.query<{ tenant: string; key: string; request_hash: Buffer } & Omit<Opened, 'replayed'>>(
          `select k.tenant, k.key, k.request_hash, k.status, k.response, k.location
             from idempotency_keys k join unnest($1::text[], $2::text[]) as w(tenant, key) using (tenant, key)`,
          [old.map(o => o.unborn.tenant), old.map(o => o.key)],
        )
  const stored = new Map(rows.map(row => [nameFrom(row), row]))
  return openings.map(opening => {
    const { status, response, location, requestHash } = opening
    if (fresh.has(opening)) return { status, response, location, replayed: false }
    const known = stored.get(nameOf(opening))
    if (known === undefined) return new BridgeError('internal', { reason: 'an idempotency key vanished' })
    if (!known.request_hash.equals(requestHash)) return new BridgeError('idempotency_conflict', { key: opening.key })
    return { status: known.status, response: known.response, location: known.location, replayed: true }
  })
}

const nameOf = ({ unborn, key }: Opening) => nameFrom({ tenant: unborn.tenant, key })

// Joined by what Postgres allows in no text: tenants and keys may have spaces, and one tenant must never get another's answer.
const nameFrom = ({ tenant, key }: { tenant: string; key: string }) => `${tenant}\0${key}`
