export type Random = ReturnType<typeof randomFrom>

/** Equal seeds give equal numbers (mulberry32). */
export const randomFrom = (seed: number) => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    chance: (probability: number): boolean => next() < probability,
    /** A whole number, both ends included. */
    between,
    pick: <T>(items: readonly T[]): T => items[between(0, items.length - 1)]!,
    hex: (bytes: number): `0x${string}` =>
      `0x${Array.from({ length: bytes }, () => between(0, 255).toString(16).padStart(2, '0')).join('')}`,
  }
}
