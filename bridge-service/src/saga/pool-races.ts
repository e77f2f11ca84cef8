export type RaceOutcome = 'won' | 'lost'

/** Which pools are fought for, by what became of the reservations of one coordinator. */
export type PoolRaces = {
  readonly told: (pool: string, outcome: RaceOutcome) => void
  /** Whether reservations should no longer race, but queue. */
  readonly isContended: () => boolean
}

/**
 * Opens after so many lost races in a row on one pool: then reservations take its row first, and decide on what nobody else can change. It
 * closes as slowly as it opened, since a queue always wins.
 */
export const poolRaces = (lostInARow: number): PoolRaces => {
  const races = new Map<string, { lost: number; queued: number }>()
  return {
    told: (pool, outcome) => {
      const known = races.get(pool) ?? { lost: 0, queued: 0 }
      races.set(pool, known)
      if (outcome === 'lost') {
        known.lost++
        if (known.lost >= lostInARow) known.queued = lostInARow
        return
      }
      known.lost = 0
      if (known.queued > 0) known.queued--
      else races.delete(pool)
    },
    isContended: () => [...races.values()].some(({ queued }) => queued > 0),
  }
}
