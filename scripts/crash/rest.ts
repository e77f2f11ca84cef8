import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'
import { checkLaws, type Law } from '../local/laws.ts'
import type { World } from '../local/world.ts'

export type Rest = {
  /** Until every transfer had ended or was in a person's hands, and all laws held; null when that did not come. */
  readonly secondsToRest: number | null
  readonly transfers: number
  /** Transfers that still move, and laws that are broken. */
  readonly violations: readonly string[]
}

const atRest = `state in ('completed', 'compensated', 'canceled', 'failed', 'review', 'resolved') or parked_reason is not null`

/** Waits until nothing moves any more and the laws hold. */
export const comeToRest = async (world: World, withinMs: number): Promise<Rest> => {
  const startedMs = performance.now()
  const untilMs = startedMs + withinMs
  const database = new pg.Client({ connectionString: world.databaseUrl })
  database.on('error', () => {})
  await database.connect()
  try {
    let moving: { id: string; state: string }[] = []
    let broken: Law[] = []
    do {
      moving = (await database.query(`select id, state from transfers where not (${atRest})`)).rows
      broken = moving.length > 0 ? [] : (await checkLaws(world)).filter(law => !law.ok)
      if (moving.length + broken.length === 0) break
      await after(200)
    } while (performance.now() < untilMs)
    const { rows } = await database.query<{ n: number }>('select count(*)::int as n from transfers')
    const parked = await database.query<{ id: string; parked_reason: string }>(
      'select id, parked_reason from transfers where parked_reason is not null',
    )
    const violations = [
      ...parked.rows.map(({ id, parked_reason }) => `${id} is parked: ${parked_reason}`),
      ...moving.map(({ id, state }) => `${id} is still ${state}`),
      ...broken.map(({ name, detail }) => `${name}: ${detail}`),
    ]
    return {
      secondsToRest: violations.length > 0 ? null : seconds(performance.now() - startedMs),
      transfers: rows[0]!.n,
      violations,
    }
  } finally {
    await database.end()
  }
}

export const seconds = (ms: number): number => Math.round(ms / 100) / 10
