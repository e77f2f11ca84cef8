import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Route } from '../faults.ts'
import type { StellarNode, View } from '../node.ts'
import { halPage, type IdRange, type PagedRecord, pageOf } from './page.ts'
import { idCursor, type PageQuery, pageQueryOf } from './page-query.ts'
import { beforeHistory } from './problem.ts'
import { type Reading, readingOf } from './request.ts'
import { serveStream } from './stream.ts'
import { afterLedger, toid } from './toid.ts'

type Item = { readonly id: bigint }

/** Which part of history a resource lists, and how. Asked for again whenever a stream goes on. */
export type Selection<T extends Item> = {
  readonly items: readonly T[]
  readonly wanted?: (item: T) => boolean
  readonly record: (item: T) => PagedRecord
}

export type FeedOptions = { readonly node: StellarNode; readonly route: Route; readonly streamMs: number }

/** A collection of history: a HAL page, or a stream of what comes behind the cursor. */
export const feed =
  <T extends Item>({ node, route, streamMs }: FeedOptions, select: (reading: Reading) => Selection<T>) =>
  async (request: FastifyRequest, reply: FastifyReply) => {
    const reading = readingOf(node, request, route)
    const page = pageQueryOf(reading.query)
    const cursor = startOf(request, reading, page)
    const read = (now: Reading, from: string) => {
      const { items, wanted, record } = select(now)
      const limit = Math.min(page.limit, node.faults.take('short_page', { on: route })?.keep ?? page.limit)
      return pageOf(items, rangeOf(from, page, now.view), { ...page, limit }, wanted).map(record)
    }
    if (!reading.wantsStream) return halPage(reading.url, { ...page, cursor }, read(reading, cursor))

    let last = cursor
    return serveStream(reply, {
      node,
      limit: page.limit,
      maxMs: streamMs,
      next: () => {
        const records = read({ ...reading, view: node.now() }, last)
        last = records.at(-1)?.paging_token ?? last
        return records.map(data => ({ id: data.paging_token, data }))
      },
    })
  }

/** `Last-Event-ID` wins over the cursor; `now` is the end of what is ingested. */
const startOf = (request: FastifyRequest, { view }: Reading, { cursor }: PageQuery): string => {
  const lastEvent = request.headers['last-event-id']
  if (typeof lastEvent === 'string' && lastEvent !== '') return lastEvent
  return cursor === 'now' ? String(afterLedger(view.latest)) : cursor
}

/** Ascending from before history, one silently starts where history does; descending, there is nothing: 410. */
const rangeOf = (from: string, { order }: PageQuery, { elder, latest }: View): IdRange => {
  const cursor = idCursor(from)
  const [oldest, newest] = [afterLedger(elder - 1), afterLedger(latest) + 1n]
  const isBefore = cursor !== undefined && cursor <= toid(elder)
  if (order === 'asc') return { after: cursor === undefined || isBefore ? oldest : cursor, before: newest }
  if (isBefore) throw beforeHistory()
  return { after: oldest, before: cursor !== undefined && cursor < newest ? cursor : newest }
}
