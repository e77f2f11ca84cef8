import { badRequest } from './problem.ts'

export type Query = Readonly<Record<string, string | undefined>>
export type PageQuery = { readonly cursor: string; readonly order: 'asc' | 'desc'; readonly limit: number }

const [defaultLimit, greatestLimit] = [10, 200]
const greatestId = (1n << 63n) - 1n

/** `cursor` as it came, `order`, `limit`; refuses what Horizon refuses. */
export const pageQueryOf = (query: Query): PageQuery => ({
  cursor: query.cursor ?? '',
  order: orderOf(query.order),
  limit: limitOf(query.limit),
})

const orderOf = (order = ''): 'asc' | 'desc' => {
  if (order === '' || order === 'asc') return 'asc'
  if (order === 'desc') return 'desc'
  throw badRequest('order', 'order: invalid value')
}

const limitOf = (limit = ''): number => {
  if (limit === '') return defaultLimit
  if (!/^[+-]?\d{1,18}$/.test(limit)) throw badRequest('limit', 'unparseable value')
  const value = Number(limit)
  if (value <= 0) throw badRequest('limit', 'invalid limit: non-positive value provided')
  if (value > greatestLimit) throw badRequest('limit', `invalid limit: value provided that is over limit max of ${greatestLimit}`)
  return value
}

/** A cursor of history: a paging token, or the first half of an effect's. Undefined for none. */
export const idCursor = (cursor: string): bigint | undefined => {
  if (cursor === '') return undefined
  const [id, order, ...rest] = cursor.split('-')
  const parts = [id, ...(order === undefined ? [] : [order])]
  if (rest.length > 0 || !parts.every(part => /^\d{1,19}$/.test(part ?? '') && BigInt(part!) <= greatestId))
    throw badRequest('cursor', 'cursor: invalid value')
  return BigInt(id!)
}
