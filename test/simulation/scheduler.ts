export type Cancel = () => void

type Deed = {
  atMs: number
  readonly order: number
  readonly run: () => void
  canceled: boolean
  /** Of a poll: its beat, and when it may find something. */
  readonly poll?: { readonly everyMs: number; readonly toFindMs: () => number }
}

export type Scheduler = {
  readonly nowMs: () => number
  readonly at: (atMs: number, run: () => void) => Cancel
  /**
   * A question that is asked every so often. While it would find nothing it is put off, beat by beat, to when it may: a poll that comes late
   * is nothing new to who polls, and hours pass in no time.
   */
  readonly poll: (everyMs: number, toFindMs: () => number, run: () => void) => Cancel
  /** Does the next thing and all that follows from it at once. False when nothing will ever happen again before `untilMs`. */
  readonly step: (untilMs: number) => Promise<boolean>
}

/** Virtual time. One thing happens after the other, what is due at the same moment in the order in which it was asked for. */
export const scheduler = (startMs: number): Scheduler => {
  const deeds = heap()
  const polls = heap()
  let nowMs = startMs
  let order = 0

  const add = (queue: Heap, atMs: number, run: () => void, poll?: Deed['poll']): Cancel => {
    const deed: Deed = { atMs: Math.max(atMs, nowMs), order: order++, run, canceled: false, ...(poll && { poll }) }
    queue.push(deed)
    return () => {
      deed.canceled = true
    }
  }

  const next = (): Deed | undefined => {
    for (;;) {
      const deed = deeds.first()
      const poll = polls.first()
      if (poll === undefined || (deed !== undefined && deed.atMs <= poll.atMs)) return deeds.take()
      const { everyMs, toFindMs } = poll.poll!
      const foundMs = toFindMs()
      if (foundMs <= poll.atMs) return polls.take()
      const untilMs = Math.min(foundMs, deed?.atMs ?? Number.POSITIVE_INFINITY)
      if (untilMs === Number.POSITIVE_INFINITY) return undefined
      polls.take()
      poll.atMs += Math.ceil((untilMs - poll.atMs) / everyMs) * everyMs
      polls.push(poll)
    }
  }

  return {
    nowMs: () => nowMs,
    at: (atMs, run) => add(deeds, atMs, run),
    poll: (everyMs, toFindMs, run) => add(polls, nowMs + everyMs, run, { everyMs, toFindMs }),
    step: async untilMs => {
      const deed = next()
      if (deed === undefined) return false
      if (deed.atMs > untilMs) {
        ;(deed.poll === undefined ? deeds : polls).push(deed)
        nowMs = Math.max(nowMs, untilMs)
        return false
      }
      nowMs = Math.max(nowMs, deed.atMs)
      deed.run()
      // Promises that this has settled run to their end before anything else happens: the next tick waits for all of them.
      await new Promise<void>(resolve => process.nextTick(resolve))
      return true
    },
  }
}

type Heap = ReturnType<typeof heap>

/** The earliest first; canceled ones are left out. */
const heap = () => {
  const items: Deed[] = []
  const before = (a: Deed, b: Deed) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  const rise = (index: number) => {
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!before(items[at]!, items[parent]!)) return
      swap(at, parent)
      at = parent
    }
  }
  const sink = () => {
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < items.length && before(items[left]!, items[least]!)) least = left
      if (right < items.length && before(items[right]!, items[least]!)) least = right
      if (least === at) return
      swap(at, least)
      at = least
    }
  }
  const swap = (a: number, b: number) => {
    const kept = items[a]!
    items[a] = items[b]!
    items[b] = kept
  }
  const drop = (): Deed | undefined => {
    const first = items[0]
    const last = items.pop()
    if (items.length > 0 && last !== undefined) {
      items[0] = last
      sink()
    }
    return first
  }
  const first = (): Deed | undefined => {
    while (items[0]?.canceled) drop()
    return items[0]
  }
  return {
    first,
    push: (deed: Deed) => {
      items.push(deed)
      rise(items.length - 1)
    },
    take: (): Deed | undefined => {
      first()
      return drop()
    },
  }
}
