/** Asks again and again until the answer is truthy, and gives it; throws after the deadline with what it was waiting for. */
export const until = async <T>(what: string, ask: () => T | Promise<T>, timeoutMs = 20_000): Promise<NonNullable<T>> => {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer) return answer as NonNullable<T>
    if (performance.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
