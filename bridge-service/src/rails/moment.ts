// A date, or its midnight, which is how many banks write one.
const dayAlone = /^\d{4}-\d{2}-\d{2}(?:T00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/**
 * When something happened that a bank dates `said` and that we knew of at `knownAtMs`, in ms of database time. ISO 8601. A bank that tells the
 * day at most is taken to mean the moment in which we knew: what counts from there, as the time in which a debit can come back, never ends
 * too early, and what was told before by the clock stays before. A day that is still to come is taken at its word. `place`: so many things are
 * known to have come before it, each a millisecond.
 */
export const momentOf = (said: string | undefined, knownAtMs: number, place = 0): string => {
  if (said !== undefined && !dayAlone.test(said)) return said
  return new Date((said === undefined ? knownAtMs : Math.max(knownAtMs, Date.parse(said))) + place).toISOString()
}
