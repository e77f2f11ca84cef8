/** Asks again until the answer is not undefined or false; throws after the deadline. */
export const eventually = async <T>(ask: () => T | Promise<T>, timeoutMs = 10_000): Promise<Exclude<T, undefined | false>> => {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>
    if (Date.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
