import { z } from 'zod'
import { BridgeError } from '../errors.ts'

/** The query of every list. */
export const pageQuery = {
  cursor: z.string().max(200, 'cursor_invalid').optional().describe('`nextCursor` of the page before.'),
  limit: z.coerce.number().int().min(1).max(100).default(25),
}

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable().describe('null on the last page.') })

/** A cursor is opaque to clients; it names its list, so that one list's cursor is not another's. */
export const encodeCursor = (list: string, last: string): string => Buffer.from(`${list} ${last}`).toString('base64url')

/** Throws `cursor_invalid` for what this list did not give. */
export const decodeCursor = (list: string, cursor: string | undefined, shape: RegExp): string | undefined => {
  if (cursor === undefined) return undefined
  const [name, last, ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (name !== list || last === undefined || rest.length > 0 || !shape.test(last) || encodeCursor(list, last) !== cursor)
    throw new BridgeError('cursor_invalid', { path: 'query.cursor' })
  return last
}

/** A page of rows of which one more than `limit` was read, to know whether there is a next one. */
export const pageFrom = <Row, Item>(
  list: string,
  rows: readonly Row[],
  limit: number,
  lastOf: (row: Row) => string,
  itemOf: (row: Row) => Item,
): { data: Item[]; nextCursor: string | null } => {
  const page = rows.slice(0, limit)
  return {
    data: page.map(itemOf),
    nextCursor: rows.length > limit ? encodeCursor(list, lastOf(page.at(-1)!)) : null,
  }
}
