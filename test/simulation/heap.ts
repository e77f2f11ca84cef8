/** What can be called off before its time. Of two at the same moment the lower order comes first. */
export type Timed = { readonly atMs: number; readonly order: number; canceled: boolean }

export type Heap<T extends Timed> = {
  /** The earliest that was not canceled. */
  readonly first: () => T | undefined
  readonly push: (item: T) => void
  readonly take: () => T | undefined
}

/** The earliest first; canceled ones are left out. */
export const heap = <T extends Timed>(): Heap<T> => {
  const items: T[] = []
  const before = (a: T, b: T) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  // Both move a hole and write the item once, where it ends.
  const rise = (item: T, from: number) => {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(item, items[parent]!)) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }
  const sink = (item: T) => {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++
      if (!before(items[child]!, item)) break
      items[at] = items[child]!
      at = child
    }
    items[at] = item
  }
  const drop = (): T | undefined => {
    const first = items[0]
    const last = items.pop()
    if (items.length > 0 && last !== undefined) sink(last)
    return first
  }
  const first = (): T | undefined => {
    while (items[0]?.canceled) drop()
    return items[0]
  }
  return {
    first,
    push: item => {
      items.push(item)
      rise(item, items.length - 1)
    },
    take: () => {
      first()
      return drop()
    },
  }
}
