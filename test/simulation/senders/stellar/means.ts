/** What accounts need beside tokens: everybody has it, but for those who have lost it for a while. By their names. */
export type Means = {
  readonly hasLine: (name: string, atMs: number) => boolean
  readonly loseLine: (name: string, untilMs: number) => void
  /** Of whoever carries the reserves of our balances. */
  readonly hasLumens: (atMs: number) => boolean
  readonly loseLumens: (untilMs: number) => void
}

export const openMeans = (): Means => {
  const withoutLineUntilMs = new Map<string, number>()
  let withoutLumensUntilMs = 0
  return {
    hasLine: (name, atMs) => atMs >= (withoutLineUntilMs.get(name) ?? 0),
    loseLine: (name, untilMs) => void withoutLineUntilMs.set(name, untilMs),
    hasLumens: atMs => atMs >= withoutLumensUntilMs,
    loseLumens: untilMs => {
      withoutLumensUntilMs = untilMs
    },
  }
}
