import type { Pool } from 'pg'
import type { TransferId } from '../transfer/id.ts'

// Crashes that lie further apart have nothing to do with each other.
export const forgottenAfterMs = 3_600_000

/** See the store. In a transaction of its own, so that it stays when the worker is gone. */
export const takeInHand = async (
  pool: Pool,
  ids: readonly TransferId[],
  suspectAfter: number,
): Promise<ReadonlyMap<TransferId, number>> => {
  const { rows } = await pool.query<{ id: TransferId; lost: number }>({
    name: 'take_in_hand',
    // In one order, so that two workers never wait for each other in a circle.
    text: `with wanted as (select distinct unnest($1::text[]) as id),
      before as (
        select w.id, case when h.since > now() - $3 * interval '1 ms' then h.times else 0 end as lost
          from wanted w left join transfers_in_hand h on h.transfer_id = w.id
      ), taken as (
        insert into transfers_in_hand (transfer_id, times) select id, lost + 1 from before where lost < $2 order by id
        on conflict (transfer_id) do update set times = excluded.times, since = now()
      )
      select id, lost from before`,
    values: [ids, suspectAfter, forgottenAfterMs],
  })
  return new Map(rows.map(({ id, lost }) => [id, lost]))
}

export const putDown = async (pool: Pool, ids: readonly TransferId[]): Promise<void> => {
  await pool.query({
    name: 'put_down',
    text: 'delete from transfers_in_hand where transfer_id in (select unnest($1::text[]) order by 1)',
    values: [ids],
  })
}
