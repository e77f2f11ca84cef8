/** Remembers which nodes gave which heights, so that a second reading can go to others. */
export const supplies = () => {
  let given: { from: bigint; to: bigint; by: readonly string[] }[] = []
  return {
    note: (from: bigint, to: bigint, by: readonly string[]) => {
      const last = given[given.length - 1]
      if (last && last.to + 1n === from && last.by.join() === by.join()) last.to = to
      else given.push({ from, to, by })
    },
    by: (from: bigint, to: bigint): ReadonlySet<string> =>
      new Set(given.filter(range => range.from <= to && range.to >= from).flatMap(({ by }) => by)),
    forgetBelow: (height: bigint) => {
      given = given.filter(({ to }) => to >= height)
    },
  }
}
