import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { formatDecimal, money } from '../money/money.ts'
import type { Opening } from './open.ts'

/** What one tenant is to be lent at once in one currency, and what it may owe in all. Minor units. */
export type Lending = { readonly tenant: string; readonly currency: Currency; readonly minor: bigint; readonly limit: bigint }

/** Sorted, so that two batches never wait for each other in a circle. */
export const lendingsOf = (openings: readonly Opening[]): Lending[] => {
  const lendings = new Map<string, Lending>()
  for (const { unborn, exposureLimit: limit } of openings) {
    if (limit === undefined) continue
    const { tenant, terms } = unborn
    const { currency, minor } = terms.sourceAmount
    const name = lendingName({ tenant, currency })
    const others = lendings.get(name)
    const lowest = others !== undefined && others.limit < limit ? others.limit : limit
    lendings.set(name, { tenant, currency, minor: (others?.minor ?? 0n) + BigInt(minor), limit: lowest })
  }
  return [...lendings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lending]) => lending)
}

export const lendingName = ({ tenant, currency }: Pick<Lending, 'tenant' | 'currency'>) => `exposure ${currency} ${tenant}`

/**
 * Makes sure that no tenant owes more than its limit with what openings advance to it. Who asks for the same tenant waits for the end of the
 * transaction. Throws `exposure_limit_exceeded`.
 */
export const limitExposure = async (client: ClientBase, fresh: readonly Opening[]): Promise<void> => {
  const lendings = lendingsOf(fresh)
  if (lendings.length === 0) return
  // A statement of its own: the next one has to see what was committed while this one waited.
  await client.query({
    name: 'lock_exposure',
    text: `select pg_advisory_xact_lock(hashtextextended(name, 2)) from unnest($1::text[]) as name`,
    values: [lendings.map(lendingName)],
  })
  const { rows } = await client.query<{ place: number }>({
    name: 'limit_exposure',
    // What is final by now is nobody's risk any more, and nobody else comes by to clear it away.
    text: `with asked as materialized (
             select * from unnest($1::text[], $2::text[], $3::numeric[], $4::numeric[]) with ordinality as a(tenant, currency, amount, most, place)
           ), final as (
             delete from advances v using asked a
              where v.tenant = a.tenant and v.currency = a.currency and v.returnable_until <= causeway_now()
           )
           select (place - 1)::int as place from asked a
            where a.amount > a.most
                  - (select coalesce(sum(v.amount), 0) from advances v
                      where v.tenant = a.tenant and v.currency = a.currency
                        and (v.returnable_until > causeway_now() or v.returnable_until is null))
                  - (select coalesce(sum(r.owed - r.recovered - r.written_off), 0) from receivables r
                      where r.tenant = a.tenant and r.currency = a.currency and r.state in ('open', 'partlyRecovered'))
            order by place`,
    values: [
      lendings.map(({ tenant }) => tenant),
      lendings.map(({ currency }) => currency),
      lendings.map(({ minor }) => minor.toString()),
      lendings.map(({ limit }) => limit.toString()),
    ],
  })
  if (rows[0] !== undefined) throw exposureExceeded(lendings[rows[0].place]!)
}

export const exposureExceeded = ({ currency, limit }: Pick<Lending, 'currency' | 'limit'>) =>
  new BridgeError('exposure_limit_exceeded', { asset: currency, limit: formatDecimal(money(currency, limit)) })
