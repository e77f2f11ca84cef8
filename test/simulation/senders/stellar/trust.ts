/** Who has a trustline: everybody, but for those who have lost theirs for a while. By their names. */
export type Trust = {
  readonly hasLine: (name: string, atMs: number) => boolean
  readonly lose: (name: string, untilMs: number) => void
}

export const openTrust = (): Trust => {
  const withoutUntilMs = new Map<string, number>()
  return {
    hasLine: (name, atMs) => atMs >= (withoutUntilMs.get(name) ?? 0),
    lose: (name, untilMs) => void withoutUntilMs.set(name, untilMs),
  }
}
