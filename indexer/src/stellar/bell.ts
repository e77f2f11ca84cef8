import { pause } from '../pause.ts'

/** A pause that ends early when somebody rings, also when he rang just before it. */
export const createBell = () => {
  let rung = false
  let wake = () => {}
  return {
    ring: () => {
      rung = true
      wake()
    },
    wait: async (ms: number, signal: AbortSignal): Promise<void> => {
      if (!rung) {
        const early = new AbortController()
        wake = () => early.abort()
        await pause(ms, AbortSignal.any([signal, early.signal]))
        wake = () => {}
      }
      rung = false
    },
  }
}
