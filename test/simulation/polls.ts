/** When a question that is asked every so often may find something, in ms since the epoch; it may change with everything that happens. */
export type ToFind = () => number

type Poll = { beatMs: number; readonly everyMs: number; readonly order: number; readonly run: () => void }
type Source = { readonly toFindMs: ToFind; readonly polls: Poll[]; firstBeatMs: number }

export type Polls = {
  readonly add: (beatMs: number, everyMs: number, order: number, toFindMs: ToFind, run: () => void) => () => void
  /** The first poll that finds something before `untilMs`, and when; it stays where it is until it is taken. */
  readonly due: (untilMs: number) => { readonly atMs: number; readonly take: () => () => void } | undefined
}

/**
 * Polls by what they ask: those of one source find something at the same time, so it is asked once for all of them, and not before the first
 * of them has its beat. Most worlds are mostly at peace, and a poll that finds nothing must cost nothing.
 */
export const pollsOf = (): Polls => {
  const sources = new Map<ToFind, Source>()

  const sourceOf = (toFindMs: ToFind): Source => {
    const known = sources.get(toFindMs)
    if (known !== undefined) return known
    const source: Source = { toFindMs, polls: [], firstBeatMs: Number.POSITIVE_INFINITY }
    sources.set(toFindMs, source)
    return source
  }
  const leave = ({ polls }: Source, poll: Poll) => {
    const index = polls.indexOf(poll)
    if (index >= 0) polls.splice(index, 1)
  }

  return {
    add: (beatMs, everyMs, order, toFindMs, run) => {
      const source = sourceOf(toFindMs)
      const poll: Poll = { beatMs, everyMs, order, run }
      source.polls.push(poll)
      source.firstBeatMs = Math.min(source.firstBeatMs, beatMs)
      return () => leave(source, poll)
    },
    due: untilMs => {
      let first: { readonly source: Source; readonly poll: Poll; readonly atMs: number } | undefined
      for (const source of sources.values()) {
        if (source.firstBeatMs >= untilMs) continue
        const foundMs = source.toFindMs()
        const awaitedMs = Math.min(foundMs, untilMs)
        source.firstBeatMs = Number.POSITIVE_INFINITY
        for (const poll of source.polls) {
          if (awaitedMs > poll.beatMs && awaitedMs < Number.POSITIVE_INFINITY) poll.beatMs = beatFrom(poll, awaitedMs)
          source.firstBeatMs = Math.min(source.firstBeatMs, poll.beatMs)
          if (foundMs > poll.beatMs || poll.beatMs >= untilMs) continue
          if (first === undefined || isBefore(poll, first.poll)) first = { source, poll, atMs: poll.beatMs }
        }
      }
      if (first === undefined) return undefined
      const { source, poll, atMs } = first
      return {
        atMs,
        take: () => {
          leave(source, poll)
          return poll.run
        },
      }
    },
  }
}

const beatFrom = ({ beatMs, everyMs }: Poll, ms: number): number => beatMs + Math.ceil((ms - beatMs) / everyMs) * everyMs

const isBefore = (a: Poll, b: Poll): boolean => a.beatMs < b.beatMs || (a.beatMs === b.beatMs && a.order < b.order)
