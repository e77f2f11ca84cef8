import { heap, type Timed } from './heap.ts'
import { pollsOf, type ToFind } from './polls.ts'

export type Cancel = () => void

type Deed = Timed & { readonly run: () => void }

export type Scheduler = {
  readonly nowMs: () => number
  readonly at: (atMs: number, run: () => void) => Cancel
  /**
   * A question that is asked every so often. While it would find nothing it is put off, beat by beat, to when it may: a poll that comes late
   * is nothing new to who polls, and hours pass in no time. Those that ask the same give the same `toFindMs`.
   */
  readonly poll: (everyMs: number, toFindMs: ToFind, run: () => void) => Cancel
  /** One thing after the other, each with all that follows from it at once, until it is `untilMs`. Rejects with what one of them throws. */
  readonly run: (untilMs: number) => Promise<void>
}

const settled = Promise.resolve()

/** Virtual time. One thing happens after the other, what is due at the same moment in the order in which it was asked for. */
export const scheduler = (startMs: number): Scheduler => {
  const deeds = heap<Deed>()
  const polls = pollsOf()
  let nowMs = startMs
  let order = 0

  /** Does the next thing; false when there is none until then. */
  const step = (untilMs: number): boolean => {
    const deed = deeds.first()
    const poll = polls.due(Math.min(deed?.atMs ?? Number.POSITIVE_INFINITY, untilMs))
    if (poll !== undefined) {
      nowMs = Math.max(nowMs, poll.atMs)
      poll.take()()
      return true
    }
    if (deed === undefined || deed.atMs > untilMs) {
      nowMs = Math.max(nowMs, untilMs)
      return false
    }
    deeds.take()
    nowMs = Math.max(nowMs, deed.atMs)
    deed.run()
    return true
  }

  return {
    nowMs: () => nowMs,
    at: (atMs, run) => {
      const deed: Deed = { atMs: Math.max(atMs, nowMs), order: order++, run, canceled: false }
      deeds.push(deed)
      return () => {
        deed.canceled = true
      }
    },
    poll: (everyMs, toFindMs, run) => polls.add(nowMs + everyMs, everyMs, order++, toFindMs, run),
    run: untilMs =>
      new Promise<void>((resolve, reject) => {
        const turn = () => {
          try {
            if (!step(untilMs)) return resolve()
          } catch (error) {
            return reject(error)
          }
          process.nextTick(afterAll)
        }
        // Promises that a step has settled run to their end before anything else happens: a tick begins when none is left, and the next step
        // is itself one that the tick settles.
        const afterAll = () => void settled.then(turn)
        afterAll()
      }),
  }
}
