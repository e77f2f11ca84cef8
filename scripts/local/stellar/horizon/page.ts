import type { PageQuery } from './page-query.ts'

/** A record as it goes over the wire; its paging token is the cursor behind it. */
export type PagedRecord = { readonly paging_token: string }

/** A HAL page: self, next behind the last record, prev before the first in the other order. */
export const halPage = (url: URL, { cursor, order, limit }: PageQuery, records: readonly PagedRecord[]) => {
  const link = (at: string, direction: string) => {
    const target = new URL(url)
    target.searchParams.set('cursor', at)
    target.searchParams.set('limit', String(limit))
    target.searchParams.set('order', direction)
    return { href: target.href }
  }
  return {
    _links: {
      self: link(cursor, order),
      next: link(records.at(-1)?.paging_token ?? cursor, order),
      prev: link(records[0]?.paging_token ?? cursor, order === 'asc' ? 'desc' : 'asc'),
    },
    _embedded: { records },
  }
}

/** Both ends excluded. */
export type IdRange = { readonly after: bigint; readonly before: bigint }

/** The wanted items of a page, from items in ascending order of id. */
export const pageOf = <T extends { readonly id: bigint }>(
  items: readonly T[],
  { after, before }: IdRange,
  { order, limit }: Pick<PageQuery, 'order' | 'limit'>,
  wanted: (item: T) => boolean = () => true,
): T[] => {
  const first = firstWhere(items, item => item.id > after)
  const end = firstWhere(items, item => item.id >= before)
  const page: T[] = []
  const step = order === 'asc' ? 1 : -1
  for (let at = order === 'asc' ? first : end - 1; at >= first && at < end && page.length < limit; at += step)
    if (wanted(items[at]!)) page.push(items[at]!)
  return page
}

/** Index of the first item from which on a condition holds; the length when there is none. */
const firstWhere = <T>(items: readonly T[], holds: (item: T) => boolean): number => {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(items[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}
