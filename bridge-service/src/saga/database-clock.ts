import { machineTiming, type Timing } from '../timing.ts'
import type { SagaStore } from './store.ts'

/** Database time without a question per step: the machine's clock, corrected by what the database last said. */
export type DatabaseClock = { readonly nowMs: () => number; readonly synchronise: () => Promise<void> }

export const databaseClock = (
  store: Pick<SagaStore, 'databaseTimeMs'>,
  { nowMs }: Pick<Timing, 'nowMs'> = machineTiming,
): DatabaseClock => {
  let offsetMs = 0
  return {
    nowMs: () => nowMs() + offsetMs,
    synchronise: async () => {
      const before = nowMs()
      const databaseMs = await store.databaseTimeMs()
      offsetMs = databaseMs - (before + nowMs()) / 2
    },
  }
}
