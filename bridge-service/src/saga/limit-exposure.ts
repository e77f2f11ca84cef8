import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { formatDecimal, money } from '../money/money.ts'
import type { Opening } from './open.ts'

/** What one tenant is to be lent at once in one currency, and what it may owe in all; null: without limit. Minor units. */
export type Lending = {
  readonly tenant: string
  readonly currency: Currency
  readonly minor: bigint
  readonly limit: bigint | null
}

/** Sorted, so that two batches never wait for each other in a circle. */
export const lendingsOf = (openings: readonly Opening[]): Lending[] => {
  const lendings = new Map<string, Lending>()
  for (const { unborn, exposureLimit: limit } of openings) {
    if (limit === undefined) continue
    const { tenant, terms } = unborn
    const { currency, minor } = terms.sourceAmount
    const name = lendingName({ tenant, currency })
    const others = lendings.get(name)
    const lowest = limit === null || (others?.limit ?? limit) < limit ? (others?.limit ?? null) : limit
    lendings.set(name, { tenant, currency, minor: (others?.minor ?? 0n) + BigInt(minor), limit: lowest })
  }
  return [...lendings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lending]) => lending)
}

export const lendingName = ({ tenant, currency }: Pick<Lending, 'tenant' | 'currency'>) => `exposure ${currency} ${tenant}`

export const isLimited = (lending: Lending): lending is Lending & { limit: bigint } => lending.limit !== null

/**
 * Makes sure that no tenant owes more than its limit with what openings advance to it. Who asks for the same tenant waits for the end of the
 * transaction. Throws `exposure_limit_exceeded`.
 */
export const limitExposure = async (client: ClientBase, fresh: readonly Opening[]): Promise<void> => {
  const lendings = lendingsOf(fresh)
  const limited = lendings.filter(isLimited)
  if (lendings.length === 0) return
  // A statement of its own: the next one has to see what was committed while this one waited.
  if (limited.length > 0)
    await client.query({
      name: 'lock_exposure',
      text: `select pg_advisory_xact_lock(hashtextextended(name, 2)) from unnest($1::text[]) as name`,
      values: [limited.map(lendingName)],
    })
  // The time is asked for once: asked for each row, ten thousand advances cost a batch 100 ms, and so 3.
  const { rows } = await client.query<{ name: string }>({
    name: 'limit_exposure',
    text: `with asked as materialized (
             select * from unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::numeric[]) as a(name, tenant, currency, amount, most)
           ), over as (
             delete from advances where transfer_id in (
               select v.transfer_id from asked a join advances v on v.tenant = a.tenant and v.currency = a.currency
                where v.returnable_until <= (select causeway_now()) limit 1000 for update of v skip locked)
           )
           select a.name from asked a
            where a.most is not null and a.amount > a.most
                  - (select coalesce(sum(v.amount), 0) from advances v
                      where v.tenant = a.tenant and v.currency = a.currency
                        and (v.returnable_until > (select causeway_now()) or v.returnable_until is null))
                  - (select coalesce(sum(r.owed - r.recovered - r.written_off), 0) from receivables r
                      where r.tenant = a.tenant and r.currency = a.currency and r.state in ('open', 'partlyRecovered'))`,
    values: [
      lendings.map(lendingName),
      lendings.map(({ tenant }) => tenant),
      lendings.map(({ currency }) => currency),
      lendings.map(({ minor }) => minor.toString()),
      lendings.map(({ limit }) => limit?.toString() ?? null),
    ],
  })
  const exceeded = limited.find(lending => rows.some(({ name }) => name === lendingName(lending)))
  if (exceeded !== undefined) throw exposureExceeded(exceeded)
}

export const exposureExceeded = ({ currency, limit }: { readonly currency: Currency; readonly limit: bigint }) =>
  new BridgeError('exposure_limit_exceeded', { asset: currency, limit: formatDecimal(money(currency, limit)) })
