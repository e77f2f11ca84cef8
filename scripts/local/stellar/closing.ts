/** What closes ledgers by itself. */
export type Closing = {
  /** From now on one every so many ms; 0: none. */
  readonly every: (ms: number) => void
  readonly stop: () => void
}

export const openClosing = (close: (everyMs: number) => void, ms: number): Closing => {
  let timer: NodeJS.Timeout | undefined
  const every = (next: number) => {
    clearInterval(timer)
    timer = next > 0 ? setInterval(() => close(next), next) : undefined
  }
  every(ms)
  return { every, stop: () => every(0) }
}
