import { setTimeout } from 'node:timers/promises'

/** Polls until `read` gives a value that holds; fails with the last one after the deadline. */
export const until = async <T>(
  what: string,
  read: () => Promise<T> | T,
  holds: (value: T) => boolean,
  timeoutMs = 20_000,
): Promise<T> => {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await read()
    if (holds(value)) return value
    if (Date.now() > deadline) throw new Error(`never: ${what}; last: ${show(value)}`)
    await setTimeout(15)
  }
}

const show = (value: unknown) =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? part.toString() : part))?.slice(0, 2_000)
