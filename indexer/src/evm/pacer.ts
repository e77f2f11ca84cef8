import { pause } from '../pause.ts'

/** Lets so many through per second, evenly; without a number everyone. */
export const pacer = (perSecond: number | undefined): ((signal: AbortSignal | undefined) => Promise<void>) => {
  if (perSecond === undefined) return async () => {}
  const stepMs = 1_000 / perSecond
  let nextMs = 0
  return async (signal = new AbortController().signal) => {
    const nowMs = performance.now()
    const waitMs = nextMs - nowMs
    nextMs = Math.max(nextMs, nowMs) + stepMs
    if (waitMs > 0) await pause(waitMs, signal)
  }
}
