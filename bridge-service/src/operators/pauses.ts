import type { ClientBase, Pool } from 'pg'
import { targetOfScope } from './action.ts'

export type Pause = { readonly scope: string; readonly reason: string; readonly since: Date }

/** What stands still, as this process last read it. */
export type Pauses = {
  readonly all: () => readonly Pause[]
  readonly find: (scope: string) => Pause | undefined
  /** Whether intents of this target are held. */
  readonly holds: (target: string) => boolean
  /** Reads them again: now and then, and when this process has changed them. */
  readonly refresh: () => Promise<void>
}

export const readPauses = async (db: Pool | ClientBase): Promise<Pause[]> => {
  const { rows } = await db.query<Pause>({
    name: 'read_pauses',
    text: 'select scope, reason, since from pauses order by scope',
    values: [],
  })
  return rows
}

export const pausesOf = (pool: Pool): Pauses => {
  let known: readonly Pause[] = []
  let held: ReadonlySet<string> = new Set()
  return {
    all: () => known,
    find: scope => known.find(pause => pause.scope === scope),
    holds: target => held.has(target),
    refresh: async () => {
      known = await readPauses(pool)
      held = new Set(known.flatMap(({ scope }) => targetOfScope(scope) ?? []))
    },
  }
}
