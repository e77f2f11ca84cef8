/** Everything in the bank that waits, so that closing it leaves nothing running. After `stop` nothing fires and no sleep ends. */
export const openTimers = () => {
  const running = new Set<NodeJS.Timeout>()
  let stopped = false

  const after = (ms: number, act: () => void): void => {
    if (stopped) return
    const timer = setTimeout(() => {
      running.delete(timer)
      act()
    }, ms)
    running.add(timer)
  }

  return {
    after,
    sleep: (ms: number) => new Promise<void>(resolve => after(ms, resolve)),
    stop: () => {
      stopped = true
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
  }
}

export type Timers = ReturnType<typeof openTimers>
