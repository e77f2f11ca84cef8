import { Readable } from 'node:stream'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import { terminalStates } from '../transfer/state.ts'
import type { ApiKeys } from './api-key.ts'
import { bearerOf } from './authentication.ts'
import { bearer, guarded, problems, transferId } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'
import { type TransferEventRow, transferEventJson } from './transfer-event-json.ts'
import { findTransfer } from './transfer-store.ts'

// So that one tenant cannot take all connections of a process.
const maxStreamsPerTenant = 200

/**
 * A transfer's events as they happen (WHATWG HTML, server-sent events). An event's id is its version, so `Last-Event-ID` resumes without
 * a gap or a repeat. The stream ends after a terminal state; 204 then tells the browser not to come back.
 */
export const streamRoutes =
  (deps: ServerDeps, keys: ApiKeys): FastifyPluginAsyncZod =>
  async app => {
    const { pool, tail, heartbeatMs = 15_000 } = deps
    const open = new Set<{ readonly tenant: string; readonly end: () => void }>()
    // A stream would keep the server from closing; the client resumes at the next process.
    app.addHook('preClose', async () => {
      for (const { end } of open) end()
    })

    app.get('/transfers/:id/stream', {
      config: { scope: 'transfers:read' },
      schema: {
        operationId: 'streamTransfer',
        summary: 'Follow a transfer live',
        description:
          'Server-sent events: `id` is the version, `event` the type, `data` a `TransferEvent` as JSON. `Last-Event-ID` resumes behind that version.',
        tags: ['Transfers'],
        security: bearer,
        params: z.strictObject({ id: transferId }),
        headers: z.looseObject({
          'last-event-id': z
            .string()
            .regex(/^\d{1,9}$/, 'cursor_invalid')
            .optional(),
        }),
        response: {
          200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
          204: z.undefined().describe('The transfer has ended and every event was delivered.'),
          ...problems(...guarded, 'transfer_not_found', 'cursor_invalid', 'too_many_streams'),
        },
      },
      handler: async (request, reply) => {
        const { tenant } = request.apiKey
        const transfer = await findTransfer(pool, tenant, request.params.id)
        const after = Number(request.headers['last-event-id'] ?? 0)
        if (after > transfer.version) throw new BridgeError('cursor_invalid', { path: 'headers.last-event-id' })
        if (after === transfer.version && isTerminal(transfer.state)) return reply.code(204).send()
        if ([...open].filter(other => other.tenant === tenant).length >= maxStreamsPerTenant)
          throw new BridgeError('too_many_streams', { limit: maxStreamsPerTenant })

        const stream = new Readable({ read() {} })
        const close = () => {
          clearInterval(heartbeat)
          unlisten()
          open.delete(entry)
        }
        const entry = {
          tenant,
          end: () => {
            if (open.has(entry)) stream.push(null)
            close()
          },
        }
        open.add(entry)
        stream.once('close', close)
        const unlisten = tail.listen(transfer.id, after, events => {
          for (const event of events) stream.push(frameOf(event))
          if (isTerminal(events.at(-1)!.toState)) entry.end()
        })
        const heartbeat = setInterval(async () => {
          stream.push(': still here\n\n')
          const apiKey = await keys.find(bearerOf(request)).catch(() => request.apiKey) // the database is away, not the key
          if (apiKey === undefined) entry.end()
        }, heartbeatMs)
        // A first comment sends the headers at once: the client knows that it is connected before anything happens.
        stream.push(': connected\n\n')
        return reply
          .header('content-type', 'text/event-stream; charset=utf-8')
          .header('cache-control', 'no-store')
          .header('x-accel-buffering', 'no') // else nginx holds events back
          .send(stream as never)
      },
    })
  }

const isTerminal = (state: string) => (terminalStates as readonly string[]).includes(state)

const frameOf = (row: TransferEventRow): string =>
  `id: ${row.version}\nevent: ${row.type}\ndata: ${JSON.stringify(transferEventJson(row))}\n\n`
