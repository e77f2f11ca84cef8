import type { Timing } from '../../timing.ts'

/**
 * Group commit: whatever arrives while one batch runs forms the next one. `run` answers in the order of its items; when it throws, every
 * item of that batch is rejected with the same error.
 */
export const batched = <Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  maxItems: number,
  soon: Timing['soon'],
): ((item: Item) => Promise<Result>) => {
  type Waiting = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  const queue: Waiting[] = []
  let running = false

  const drain = async () => {
    running = true
    while (queue.length > 0) {
      const batch = queue.splice(0, maxItems)
      try {
        const results = await run(batch.map(waiting => waiting.item))
        for (const [index, waiting] of batch.entries()) waiting.resolve(results[index]!)
      } catch (error) {
        for (const waiting of batch) waiting.reject(error)
      }
    }
    running = false
  }

  return item =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject })
      // After this turn of the event loop, so that what was submitted together travels together.
      if (!running) {
        running = true
        soon(() => void drain())
      }
    })
}
