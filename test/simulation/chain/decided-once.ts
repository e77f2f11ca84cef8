/** What somebody makes up his mind about only once. */
export const decidedOnce = (): ((what: string, decide: () => void) => void) => {
  const decided = new Set<string>()
  return (what, decide) => {
    if (decided.has(what)) return
    decided.add(what)
    decide()
  }
}
