export type Ambushes = ReturnType<typeof ambushOn>

/** Lets something happen to the chain exactly before the so-many-th request from now on: in the middle of a reading, not beside it. */
export const ambushOn = () => {
  let waiting: { left: number; spring: () => Promise<void> } | undefined
  return {
    onRequest: async () => {
      if (waiting === undefined || --waiting.left > 0) return
      const { spring } = waiting
      waiting = undefined
      await spring()
    },
    /** False: nobody asked in time. */
    before: (requests: number, act: () => Promise<void>, patienceMs: number): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting = undefined
          resolve(false)
        }, patienceMs)
        const spring = async () => {
          clearTimeout(late)
          await act().then(() => resolve(true), reject)
        }
        waiting = { left: requests, spring }
      }),
  }
}
