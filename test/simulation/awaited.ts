import type { Scheduler } from './scheduler.ts'

/** Things that happen after a while, and whether any is still to come: until then nobody is at rest. */
export const awaited = ({ nowMs, at }: Scheduler) => {
  let pending = 0
  return {
    soon: (ms: number, run: () => void): void => {
      pending++
      at(nowMs() + ms, () => {
        pending--
        run()
      })
    },
    isAtRest: (): boolean => pending === 0,
  }
}
