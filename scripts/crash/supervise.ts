/** A process that somebody starts again when it is gone. */
export type Supervised = {
  readonly name: string
  readonly alive: () => boolean
  readonly start: () => Promise<void>
}

const lookEveryMs = 50

/** Starts again whatever has died, as long as it takes: what cannot start without its database is started once more. */
export const supervise = (processes: readonly Supervised[]) => {
  const starting = new Map<string, Promise<void>>()
  const timer = setInterval(() => {
    for (const { name, alive, start } of processes) {
      if (alive() || starting.has(name)) continue
      starting.set(
        name,
        start()
          .catch(() => {})
          .finally(() => starting.delete(name)),
      )
    }
  }, lookEveryMs)
  return {
    isUp: ({ name, alive }: Supervised): boolean => alive() && !starting.has(name),
    stop: async () => {
      clearInterval(timer)
      await Promise.all(starting.values())
    },
  }
}
