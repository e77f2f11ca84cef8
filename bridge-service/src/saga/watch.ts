import { type Repeating, repeat } from '../repeat.ts'
import { machineTiming, type Timing } from '../timing.ts'
import type { Work } from './work.ts'

export type WatchOptions = {
  readonly find: () => Promise<Work[]>
  readonly offer: (work: Work) => void
  readonly pollMs: number
  readonly onError: (error: unknown) => void
  readonly timing?: Timing
}

// A row that was offered is not offered again for so long, so that a slow commit is not asked for twice.
const offeredForMs = 2_000

/** Asks again and again for rows that are due, and offers each as an input. */
export const watch = ({ find, offer, pollMs, onError, timing = machineTiming }: WatchOptions): Repeating => {
  const offered = new Map<string, number>()
  const turn = async () => {
    const works = await find()
    const nowMs = timing.monotonicMs()
    for (const [key, sinceMs] of offered) if (nowMs - sinceMs > offeredForMs) offered.delete(key)
    for (const work of works) {
      const key = `${work.transferId} ${work.cause}`
      if (offered.has(key)) continue
      offered.set(key, nowMs)
      offer(work)
    }
  }
  return repeat(pollMs, turn, onError, timing)
}
