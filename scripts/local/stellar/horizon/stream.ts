import type { FastifyReply } from 'fastify'
import type { StellarNode } from '../node.ts'

/** What goes out as one event; with `id` a client can go on behind it. */
export type StreamEvent = { readonly id?: string; readonly data: unknown }

export type StreamOptions = {
  readonly node: StellarNode
  /** After so many events the stream ends, and the client comes again. */
  readonly limit: number
  readonly maxMs: number
  /** The events since the last call. */
  readonly next: () => readonly StreamEvent[]
}

const hello = 'retry: 1000\nevent: open\ndata: "hello"\n\n'
const goodbye = 'retry: 10\nevent: close\ndata: "byebye"\n\n'

/** Server-sent events as Horizon sends them: a preamble, records as they are ingested, and a farewell that makes the client come again. */
export const serveStream = (reply: FastifyReply, { node, limit, maxMs, next }: StreamOptions) => {
  const socket = reply.raw
  let left = limit

  const send = (event: StreamEvent) => {
    left--
    if (node.faults.take('sse_missing')) return
    const text = `${event.id === undefined ? '' : `id: ${event.id}\n`}data: ${JSON.stringify(event.data)}\n\n`
    socket.write(text)
    if (node.faults.take('sse_duplicate')) socket.write(text)
  }
  const pump = () => {
    try {
      for (const event of next()) if (left > 0) send(event)
      if (left <= 0) end()
    } catch {
      // What was there is gone, an account merged perhaps: the client comes again and is told by an answer.
      end()
    }
  }
  const end = () => {
    stop()
    socket.end(goodbye)
  }
  const stop = () => {
    clearTimeout(timer)
    unsubscribe()
  }

  const first = next()
  reply.hijack()
  socket.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    'access-control-allow-origin': '*',
  })
  socket.write(hello)
  const timer = setTimeout(end, maxMs)
  const unsubscribe = node.onChange(pump)
  socket.once('close', stop)
  for (const event of first) if (left > 0) send(event)
  if (left <= 0) end()
}
