import type { Pool } from 'pg'
import type { Chain } from '../chains/chain.ts'
import type { WayBack } from '../chains/deposits.ts'
import type { Outcome } from '../outcome.ts'
import type { Screening } from '../policy/screening.ts'
import { inTransaction } from '../transaction.ts'
import { giveBackOrder, insertOrder } from './orders.ts'
import { readStray, type StrayRow, strayColumns } from './stray-row.ts'

type Stray = ReturnType<typeof readStray>

export type Looker = {
  readonly pool: Pool
  readonly chains: ReadonlyMap<string, Chain>
  readonly screening: Screening
}

const limit = 50
const againMs = 30_000
const selfServeMs = 600_000

/**
 * Looks at cases that are not over: what our keys can send back is ordered, what its payer can take back is left to him and looked at now and
 * then, and what neither can is a person's. Returns how many it has looked at. Throws what the first chain that does not answer has thrown, after
 * the others were asked.
 */
export const lookAtCases = async (looker: Looker): Promise<number> => {
  const due = await claimDue(looker.pool, [...looker.chains.keys()])
  const answers = await Promise.allSettled(due.map(stray => look(looker, stray)))
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
  return due.length
}

const look = async ({ pool, chains, screening }: Looker, stray: Stray): Promise<void> => {
  const desk = chains.get(stray.chain)?.deposits
  const way: WayBack = desk ? await desk.wayBack(stray) : { kind: 'none', detail: 'the chain takes no deposits' }
  switch (way.kind) {
    case 'over':
      return settle(pool, stray, 'gone', { detail: 'it is not there any more, and not by us' })
    case 'byItself':
      return settle(pool, stray, 'self_serve', { reclaimAfter: way.from })
    case 'none':
      return settle(pool, stray, 'person', { code: 'no_way_back', detail: way.detail })
    case 'byUs': {
      const screened = await screening.check({ key: stray.id, names: [], accounts: [], addresses: [stray.payer] })
      return screened.kind === 'unknown' ? undefined : returnUnlessRefused(pool, stray, screened)
    }
  }
}

const returnUnlessRefused = async (pool: Pool, stray: Stray, screened: Exclude<Outcome<unknown>, { kind: 'unknown' }>) => {
  if (screened.kind === 'refused') return settle(pool, stray, 'person', screened)
  await inTransaction(pool, async client => {
    // The row is locked first: another worker may have ordered it meanwhile.
    const moved = await client.query(
      `update stray_deposits set state = 'returning', code = null, detail = null, updated_at = now()
        where id = $1 and state in ('waiting', 'self_serve')`,
      [stray.id],
    )
    if (moved.rowCount === 1) await insertOrder(client, await giveBackOrder(client, stray))
  })
}

type News = { readonly code?: string; readonly detail?: string; readonly reclaimAfter?: number | null }

const settle = async (pool: Pool, { id }: Stray, state: 'gone' | 'self_serve' | 'person', news: News): Promise<void> => {
  await pool.query({
    name: 'settle_stray_deposit',
    text: `update stray_deposits
              set state = $2, code = $3, detail = $4, reclaim_after = coalesce($5, reclaim_after), updated_at = now(),
                  look_at = now() + $6 * interval '1 ms'
            where id = $1 and state in ('waiting', 'self_serve')`,
    values: [id, state, news.code ?? null, news.detail ?? null, news.reclaimAfter ?? null, selfServeMs],
  })
}

const claimDue = async (pool: Pool, chains: readonly string[]): Promise<Stray[]> => {
  const { rows } = await pool.query<StrayRow>({
    name: 'claim_stray_deposits',
    text: `with due as materialized (
             select id from stray_deposits
              where state in ('waiting', 'self_serve') and look_at <= now() and chain = any($1)
              order by look_at limit $2 for update skip locked
           )
           update stray_deposits s set look_at = now() + $3 * interval '1 ms' from due where s.id = due.id
           returning ${strayColumns('s')}`,
    values: [chains, limit, againMs],
  })
  return rows.map(readStray)
}
