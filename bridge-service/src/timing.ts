/** What passes time in one process. A simulation brings its own; production has the machine's. */
export type Timing = {
  /** The machine's wall clock, in ms since the epoch. It may be wrong, and it may jump. */
  readonly nowMs: () => number
  /** Milliseconds that only ever grow, from no particular moment. */
  readonly monotonicMs: () => number
  /** Calls once, after the current turn of the event loop. */
  readonly soon: (call: () => void) => void
  /** Calls once after `ms`, unless what it returns is called before. */
  readonly after: (ms: number, call: () => void) => Cancel
  /** Calls every `ms`, until what it returns is called. */
  readonly every: (ms: number, call: () => void) => Cancel
}

export type Cancel = () => void

export const machineTiming: Timing = {
  nowMs: Date.now,
  monotonicMs: () => performance.now(),
  soon: setImmediate,
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
  every: (ms, call) => {
    const timer = setInterval(call, ms)
    return () => clearInterval(timer)
  },
}
