import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, onrampInputs, order, startApi } from '../../../test/support/api.ts'

let api: Api
let origin: string
beforeAll(async () => {
  api = await startApi({ heartbeatMs: 40 })
  origin = await api.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => api.close())

const opened = async (): Promise<string> => (await api.post('/v1/transfers', order())).json.id

type Frame = { id: number; event: string; data: { version: number; toState: string; place: { txHash: string } | null } }

/** A client of server-sent events: frames and comments as they come, until the server ends the stream or the reader leaves. */
const follow = async (id: string, options: { lastEventId?: number | string; key?: string } = {}) => {
  const leaving = new AbortController()
  const answer = await fetch(`${origin}/v1/transfers/${id}/stream`, {
    headers: {
      authorization: `Bearer ${options.key ?? api.keys.acme.key}`,
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': String(options.lastEventId) }),
    },
    signal: leaving.signal,
  })
  const frames: Frame[] = []
  const comments: string[] = []
  const ended = (async () => {
    let text = ''
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      const parts = text.split('\n\n')
      text = parts.pop()!
      for (const part of parts) {
        if (part.startsWith(':')) comments.push(part)
        else {
          const [, version, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(part)!
          frames.push({ id: Number(version), event: event!, data: JSON.parse(data!) })
        }
      }
    }
  })().catch(() => {})
  return { answer, frames, comments, ended, leave: () => leaving.abort() }
}

const until = async (what: string, holds: () => boolean) => {
  const deadline = Date.now() + 10_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await sleep(5)
  }
}

describe('the stream of a transfer', () => {
  it('tells every event once and in order, and ends with the transfer', async () => {
    const id = await opened()
    const stream = await follow(id)
    expect(stream.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    for (const input of onrampInputs('01')) await api.move(id, input)
    await stream.ended
    expect(stream.frames.map(frame => frame.id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(stream.frames.map(frame => frame.event)).toEqual([
      ...['transferRequested', 'screeningPassed', 'liquidityReserved', 'debitSettled', 'escrowLocked', 'lockFinalized'],
      ...['clearingPassed', 'escrowReleased', 'releaseFinalized'],
    ])
    expect(stream.frames.at(-1)!.data).toMatchObject({ version: 9, toState: 'completed' })
    expect(stream.frames[4]!.data.place?.txHash).toMatch(/^0xa01/)
  })

  it('resumes behind Last-Event-ID, and sends 204 when there is nothing left to tell', async () => {
    const id = await opened()
    const inputs = onrampInputs('02')
    for (const input of inputs.slice(0, 2)) await api.move(id, input)
    const first = await follow(id)
    await until('four events', () => first.frames.length === 4)
    first.leave()
    await api.move(id, inputs[2]!)
    const second = await follow(id, { lastEventId: 4 })
    for (const input of inputs.slice(3)) await api.move(id, input)
    await second.ended
    expect(second.frames.map(frame => frame.id)).toEqual([5, 6, 7, 8, 9])
    const third = await follow(id, { lastEventId: 9 })
    expect(third.answer.status).toBe(204)
    const late = await follow(id, { lastEventId: 8 })
    await late.ended
    expect(late.frames.map(frame => frame.id)).toEqual([9])
  })

  it('feeds many listeners, each from its own place', async () => {
    const id = await opened()
    const inputs = onrampInputs('03')
    await api.move(id, inputs[0]!)
    const streams = await Promise.all([0, 1, 2, 3, 0].map(lastEventId => follow(id, { lastEventId })))
    for (const input of inputs.slice(1)) await api.move(id, input)
    await Promise.all(streams.map(stream => stream.ended))
    expect(streams.map(stream => stream.frames.map(frame => frame.id).join())).toEqual([
      '1,2,3,4,5,6,7,8,9',
      '2,3,4,5,6,7,8,9',
      '3,4,5,6,7,8,9',
      '4,5,6,7,8,9',
      '1,2,3,4,5,6,7,8,9',
    ])
  })

  it('keeps a silent stream open with comments, and closes it when its key is revoked', async () => {
    const id = await opened()
    const { id: keyId, key } = await api.keyOf('acme')
    const stream = await follow(id, { key })
    await until('three heartbeats', () => stream.comments.filter(comment => comment === ': still here').length >= 3)
    await api.admin.query('update api_keys set revoked_at = now() where id = $1', [keyId])
    await stream.ended
    expect(stream.frames.map(frame => frame.id)).toEqual([1])
  })

  it.each(['x', '-1', '1.5', '99', '1e9'])('refuses Last-Event-ID %s', async lastEventId => {
    const { answer } = await follow(await opened(), { lastEventId })
    expect(answer.status).toBe(400)
  })

  it('reads nothing while nobody listens', async () => {
    const id = await opened()
    const stream = await follow(id)
    await until('the first event', () => stream.frames.length === 1)
    stream.leave()
    const read = async () =>
      Number(
        (
          await api.admin.query(
            `select coalesce(sum(seq_scan + idx_scan), 0) as n from pg_stat_user_tables where relname = 'transfer_events'`,
          )
        ).rows[0].n,
      )
    // Statistics arrive late, so what counts is that they come to rest.
    const deadline = Date.now() + 10_000
    for (let last = -1, same = 0; same < 5; ) {
      const now = await read()
      same = now === last ? same + 1 : 0
      last = now
      if (Date.now() > deadline) throw new Error('the tail never rests')
      await sleep(100)
    }
  })

  it('ends open streams when the server closes, so that it can close', async () => {
    const own = await startApi()
    try {
      const { json } = await own.post('/v1/transfers', order())
      const url = await own.app.listen({ host: '127.0.0.1', port: 0 })
      const answer = await fetch(`${url}/v1/transfers/${json.id}/stream`, {
        headers: { authorization: `Bearer ${own.keys.acme.key}` },
      })
      const chunks: string[] = []
      const ended = (async () => {
        for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) chunks.push(chunk)
      })()
      await until('the first event', () => chunks.join('').includes('event: transferRequested'))
      await own.app.close()
      await ended
    } finally {
      await own.close()
    }
  })
})
