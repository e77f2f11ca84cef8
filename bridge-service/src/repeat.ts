import { machineTiming, type Timing } from './timing.ts'

export type Repeating = {
  /** Runs the chore now, or once more when it is running. */
  readonly wake: () => void
  readonly stop: () => Promise<void>
}

/** Runs a chore again and again, `everyMs` after it has ended; what it throws is told and does not end it. */
export const repeat = (
  everyMs: number,
  chore: () => Promise<unknown>,
  onError: (error: unknown) => void,
  timing: Timing = machineTiming,
): Repeating => {
  let stopped = false
  let woken = false
  let endPause = () => {}
  const pause = () =>
    new Promise<void>(resolve => {
      const cancel = timing.after(everyMs, resolve)
      endPause = () => {
        cancel()
        resolve()
      }
    })
  const run = async () => {
    while (!stopped) {
      woken = false
      await chore().catch(onError)
      if (!woken && !stopped) await pause()
    }
  }
  const running = run()
  return {
    wake: () => {
      woken = true
      endPause()
    },
    stop: async () => {
      stopped = true
      endPause()
      await running
    },
  }
}
