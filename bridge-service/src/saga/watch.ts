import type { Work } from './coordinator.ts'

export type Watch = { readonly wake: () => void; readonly stop: () => Promise<void> }

export type WatchOptions = {
  readonly find: () => Promise<Work[]>
  readonly offer: (work: Work) => void
  readonly pollMs: number
  readonly onError: (error: unknown) => void
}

// A row that was offered is not offered again for so long, so that a slow commit is not asked for twice.
const offeredForMs = 2_000

/** Asks again and again for rows that are due, and offers each as an input. */
export const watch = ({ find, offer, pollMs, onError }: WatchOptions): Watch => {
  const offered = new Map<string, number>()
  let stopped = false
  let woken = false
  let wakeUp = () => {}

  const turn = async () => {
    const works = await find()
    const nowMs = performance.now()
    for (const [key, sinceMs] of offered) if (nowMs - sinceMs > offeredForMs) offered.delete(key)
    for (const work of works) {
      const key = `${work.transferId} ${work.cause}`
      if (offered.has(key)) continue
      offered.set(key, nowMs)
      offer(work)
    }
  }
  const run = async () => {
    while (!stopped) {
      woken = false
      await turn().catch(onError)
      if (woken || stopped) continue
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, pollMs)
        wakeUp = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  const running = run()

  return {
    wake: () => {
      woken = true
      wakeUp()
    },
    stop: async () => {
      stopped = true
      wakeUp()
      await running
    },
  }
}
