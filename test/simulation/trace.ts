export type Trace = {
  readonly note: (line: string) => void
  /** 16 hex digits over everything that was noted so far. */
  readonly hash: () => string
}

/** All that happens in a world, in its order: two runs of one seed must give the same hash. `show` gets every line as it comes. */
export const traceOf = (nowMs: () => number, show?: (line: string) => void): Trace => {
  // Two 32-bit lanes over the characters (cyrb53): a thousand times cheaper than keeping the text.
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  const take = (text: string) => {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      high = Math.imul(high ^ code, 2_654_435_761)
      low = Math.imul(low ^ code, 1_597_334_677)
    }
  }
  const hex = (lane: number) => (lane >>> 0).toString(16).padStart(8, '0')
  return {
    note: line => {
      take(`${nowMs()} ${line}\n`)
      show?.(`${new Date(nowMs()).toISOString()} ${line}`)
    },
    hash: () => hex(high) + hex(low),
  }
}
