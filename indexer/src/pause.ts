import { setTimeout } from 'node:timers/promises'

/** Waits, or returns at once when the signal fires. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  await setTimeout(ms, undefined, { signal }).catch(() => {})
}

/** Doubles from `baseMs` to five seconds, less up to half of it at random, so that many callers do not come back together. */
export const backOffMs = (failures: number, baseMs: number): number =>
  Math.min(baseMs * 2 ** Math.min(failures, 16), 5_000) * (1 - Math.random() / 2)
