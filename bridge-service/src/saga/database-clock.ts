import type { Pool } from 'pg'

/** Database time without a question per step: the machine's clock, corrected by what the database last said. */
export type DatabaseClock = { readonly nowMs: () => number; readonly synchronise: () => Promise<void> }

export const databaseClock = (pool: Pool): DatabaseClock => {
  let offsetMs = 0
  return {
    nowMs: () => Date.now() + offsetMs,
    synchronise: async () => {
      const before = Date.now()
      const { rows } = await pool.query<{ ms: number }>('select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms')
      offsetMs = rows[0]!.ms - (before + Date.now()) / 2
    },
  }
}
