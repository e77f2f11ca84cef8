import type { Pool } from 'pg'
import type { Log } from '../log.ts'

/** In minor units: an alert is opened when less than `alertMinor` is left to promise, and cleared when there is `clearMinor` again. */
export type LowWater = {
  readonly alertMinor: bigint
  readonly clearMinor: bigint
  /** The pool that an alert asks to be refilled from, up to `refillTo`; without it a person sees to it. */
  readonly refillFrom?: string | undefined
  readonly refillTo?: bigint | undefined
}

type Change = { readonly change: 'opened' | 'cleared'; readonly pool: string; readonly available: string }

/**
 * Opens and clears the alerts of pools, and tells of each once, however many processes look. Between the two marks nothing changes, so a
 * pool that swings around one of them does not cry each time. The alert of a pool that has no mark any more is cleared.
 */
export const watchLowWater = async (pool: Pool, marks: Readonly<Record<string, LowWater>>, log: Log): Promise<void> => {
  const levels = Object.values(marks)
  const { rows } = await pool.query<Change>({
    name: 'watch_low_water',
    text: `with level as materialized (
             select l.id, l.total - l.reserved as available, m.alert, m.clear from liquidity_pools l
               left join unnest($1::text[], $2::numeric[], $3::numeric[]) as m(id, alert, clear) on m.id = l.id
           ), opened as (
             insert into liquidity_alerts (pool_id, low_water, available) select id, alert, available from level where available < alert
             on conflict (pool_id) where cleared_at is null do nothing
             returning pool_id, available
           ), cleared as (
             update liquidity_alerts a set cleared_at = now(), available_then = l.available from level l
              where a.pool_id = l.id and a.cleared_at is null and (l.clear is null or l.available >= l.clear)
             returning a.pool_id, a.available_then
           )
           select 'opened' as change, pool_id as pool, available from opened
            union all select 'cleared', pool_id, available_then from cleared`,
    values: [Object.keys(marks), levels.map(mark => mark.alertMinor), levels.map(mark => mark.clearMinor)],
  })
  for (const { change, pool: id, available } of rows)
    log(change === 'opened' ? 'warn' : 'info', change === 'opened' ? 'liquidity is low' : 'liquidity is back', {
      pool: id,
      availableMinor: available,
    })
}
