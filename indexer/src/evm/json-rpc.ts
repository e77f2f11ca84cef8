import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { IndexerError } from '../errors.ts'
import { pacer } from './pacer.ts'

export type RpcCall = { readonly method: string; readonly params: readonly unknown[] }

/** What a node says to one call: it was understood and answered, or refused with JSON-RPC's code. */
export type RpcAnswer = { readonly result: unknown } | { readonly refusal: { readonly code: number; readonly message: string } }

export type JsonRpc = {
  /** The host: a URL may hold a key. */
  readonly name: string
  /** Answers in the order of the calls. Throws `rpc_silent` and `rpc_limited`; no attempt is made while the node has asked for rest. */
  readonly ask: (calls: readonly RpcCall[]) => Promise<RpcAnswer[]>
  readonly counts: { requests: number; failures: number; latencyMs: number | undefined }
  /** Milliseconds since the epoch until which the node has asked to be left alone. */
  readonly limitedUntilMs: () => number
}

export type JsonRpcOptions = {
  readonly url: string
  readonly timeoutMs: number
  /** Calls in one HTTP request. */
  readonly batchSize: number
  readonly connections: number
  /** HTTP requests to this node per second; absent: as fast as it answers. */
  readonly requestsPerSecond?: number | undefined
  readonly signal?: AbortSignal | undefined
}

// What a node may say in one answer: far above any batch of ours, far below our memory.
const maxAnswerBytes = 128 * 1_048_576
const limitCodes = new Set([-32005, -32029, 429])

/**
 * JSON-RPC over connections that are kept. `fetch` would cost twice the CPU per call and leave the body without a time limit. Calls that
 * are asked together travel together, unless the node does not take that.
 */
export const jsonRpc = (options: JsonRpcOptions): JsonRpc => {
  const url = new URL(options.url)
  const secure = url.protocol === 'https:'
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: options.connections })
  options.signal?.addEventListener('abort', () => agent.destroy(), { once: true })
  const pace = pacer(options.requestsPerSecond)
  const counts: JsonRpc['counts'] = { requests: 0, failures: 0, latencyMs: undefined }
  let batching = options.batchSize > 1
  let limitedUntilMs = 0
  let limits = 0
  let lastId = 0

  const limited = (retryAfter: string | undefined): IndexerError => {
    const seconds = Number(retryAfter)
    const restMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : Math.min(500 * 2 ** limits, 60_000)
    limits = Math.min(limits + 1, 10)
    limitedUntilMs = Date.now() + restMs
    return new IndexerError('rpc_limited', { endpoint: url.host, restMs })
  }

  const post = async (body: string): Promise<unknown> => {
    if (Date.now() < limitedUntilMs) throw new IndexerError('rpc_limited', { endpoint: url.host })
    await pace(options.signal)
    const startedMs = performance.now()
    counts.requests += 1
    try {
      const send = () => exchange(url, secure, agent, body, options)
      // Once more on a lost connection: a node closes those that were idle, may do it just as we take one up again, and a batch of many
      // requests should not be in vain for the sake of one.
      const { status, retryAfter, text } = await send().catch(error =>
        error instanceof ConnectionLost ? send() : Promise.reject(error),
      )
      if (status === 429) throw limited(retryAfter)
      if (status >= 500 || status === 401 || status === 403) throw new IndexerError('rpc_silent', { endpoint: url.host, status })
      const tookMs = performance.now() - startedMs
      counts.latencyMs = counts.latencyMs === undefined ? tookMs : counts.latencyMs * 0.8 + tookMs * 0.2
      return JSON.parse(text)
    } catch (cause) {
      counts.failures += 1
      if (cause instanceof IndexerError) throw cause
      throw new IndexerError('rpc_silent', { endpoint: url.host }, { cause })
    }
  }

  const toAnswer = (reply: Reply): RpcAnswer => {
    if (reply.error === undefined || reply.error === null) return { result: reply.result }
    const { code = 0, message = '' } = reply.error
    if (limitCodes.has(code) && /limit|rate|too many requests|exceeded/i.test(message) && !isTooMuch(message))
      throw limited(undefined)
    return { refusal: { code, message } }
  }

  const single = async ({ method, params }: RpcCall): Promise<RpcAnswer> => {
    const reply = await post(JSON.stringify({ jsonrpc: '2.0', id: ++lastId, method, params }))
    if (!isReply(reply)) throw new IndexerError('rpc_silent', { endpoint: url.host, reason: 'not JSON-RPC' })
    return toAnswer(reply)
  }

  const together = async (calls: readonly RpcCall[]): Promise<RpcAnswer[]> => {
    const first = lastId + 1
    lastId += calls.length
    const replies = await post(
      JSON.stringify(calls.map(({ method, params }, i) => ({ jsonrpc: '2.0', id: first + i, method, params }))),
    )
    if (!Array.isArray(replies)) {
      batching = false
      return Promise.all(calls.map(single))
    }
    const byId = new Map(replies.filter(isReply).map(reply => [reply.id, reply]))
    return calls.map((_, i) => {
      const reply = byId.get(first + i)
      if (!reply) throw new IndexerError('rpc_silent', { endpoint: url.host, reason: 'an answer is missing' })
      return toAnswer(reply)
    })
  }

  return {
    name: url.host,
    counts,
    limitedUntilMs: () => limitedUntilMs,
    ask: async calls => {
      if (calls.length === 0) return []
      const parts = batching && calls.length > 1 ? chunks(calls, options.batchSize).map(together) : calls.map(single)
      const answers = (await Promise.all(parts)).flat()
      limits = 0
      return answers
    },
  }
}

/** A range that holds more logs than a node gives at once is an answer, and no plea for rest. */
const isTooMuch = (message: string) => /results|range|response size|logs/i.test(message)

type Reply = { readonly id: unknown; readonly result?: unknown; readonly error?: { code?: number; message?: string } | null }

const isReply = (value: unknown): value is Reply => typeof value === 'object' && value !== null && 'id' in value

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

class ConnectionLost extends Error {}

const exchange = (url: URL, secure: boolean, agent: HttpAgent, body: string, { timeoutMs, signal }: JsonRpcOptions) =>
  new Promise<{ status: number; retryAfter: string | undefined; text: string }>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const send = secure ? httpsRequest : httpRequest
    const outgoing = send(url, { method: 'POST', agent, headers }, (response: IncomingMessage) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        parts.push(part)
        if (bytes > maxAnswerBytes) outgoing.destroy(new Error('the answer is too long'))
      })
      response.once('error', fail)
      response.once('end', () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        const retryAfter = response.headers['retry-after']
        resolve({ status: response.statusCode ?? 0, retryAfter, text: Buffer.concat(parts).toString() })
      })
    })
    const fail = (error: Error) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      const lost = (error as NodeJS.ErrnoException).code === 'ECONNRESET' && !signal?.aborted
      reject(lost ? new ConnectionLost('the connection was lost', { cause: error }) : error)
    }
    const abort = () => outgoing.destroy(new Error('stopping'))
    // A limit of our own on all of it: a node that stalls in the body would hold us for ever.
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
    outgoing.once('error', fail)
    outgoing.end(body)
  })
