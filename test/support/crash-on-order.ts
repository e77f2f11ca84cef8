import { appendFileSync, readFileSync, renameSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import pg from 'pg'

// Preloaded into service and indexer (NODE_OPTIONS=--import …): ends the process by SIGKILL right before or right after a write or an
// external call, when the file CRASH_ORDERS says so. The code under test knows nothing of it, and every statement is a crash point by itself.

/** Written to CRASH_ORDERS. `count`: passes are written to `passes`; `crash`: at the n-th pass of `point` since this order, the process ends. */
export type CrashOrder =
  | { readonly kind: 'count'; readonly passes: string }
  | { readonly kind: 'crash'; readonly id: string; readonly point: string; readonly n: number }

/** Written to SUCCESSOR_CALL, which a process waits for before it begins; SUCCESSOR_MODULE is what it loads meanwhile. */
export type SuccessorCall = 'come' | 'go away'

const file = process.env.CRASH_ORDERS
let current = ''
let seen = 0

const pass = (point: string) => {
  const order = read()
  if (order?.kind === 'count') appendFileSync(order.passes, `${point}\n`)
  if (order?.kind !== 'crash' || order.point !== point) return
  if (current !== order.id) {
    current = order.id
    seen = 0
  }
  seen++
  if (seen < order.n) return
  // An order is obeyed once: the process that comes after us must live.
  renameSync(file!, `${file}.${order.id}.obeyed`)
  process.kill(process.pid, 'SIGKILL')
}

const read = (): CrashOrder | undefined => {
  try {
    return JSON.parse(readFileSync(file!, 'utf8'))
  } catch {
    return undefined // no order
  }
}

type Query = (...args: unknown[]) => Promise<unknown> | undefined

/** A commit is named after what it commits, so that the commit of an empty block is another point than that of a deposit. */
const writesOf = new WeakMap<object, string[]>()

const pointOf = (client: object, query: unknown): string | undefined => {
  const { text, name } =
    typeof query === 'string' ? { text: query, name: undefined } : (query as { text?: string; name?: string })
  const sql = text?.trim() ?? ''
  if (/^begin\b/i.test(sql)) writesOf.set(client, [])
  if (/^(commit|rollback)\b/i.test(sql)) {
    const writes = writesOf.get(client) ?? []
    writesOf.delete(client)
    return writes.length === 0 || /^rollback/i.test(sql) ? undefined : `commit of ${writes.join(', ')}`
  }
  const write = /\b(?:insert\s+into|update|delete\s+from)\s+(?!skip|of\b)(\w+)/i.exec(sql)
  if (write === null) return undefined
  const label = name ?? write[0].replace(/\s+/g, ' ')
  const transaction = writesOf.get(client)
  if (transaction === undefined) return label
  // Inside a transaction a crash anywhere leaves nothing: its commit stands for all of it.
  transaction.push(label)
  return undefined
}

if (file !== undefined) {
  const prototype = pg.Client.prototype as unknown as { query: Query }
  const { query } = prototype
  prototype.query = function (this: object, ...args: unknown[]) {
    const point = pointOf(this, args[0])
    if (point === undefined) return query.apply(this, args)
    pass(`before ${point}`)
    const callback = args.at(-1)
    if (typeof callback === 'function')
      args[args.length - 1] = (error: unknown, ...rest: unknown[]) => {
        if (!error) pass(`after ${point}`)
        callback(error, ...rest)
      }
    const result = query.apply(this, args)
    if (typeof callback === 'function' || result === undefined) return result
    return result.then(answer => {
      pass(`after ${point}`)
      return answer
    })
  }

  const { fetch } = globalThis
  globalThis.fetch = async (input, init) => {
    const point = callOf(String(input), init)
    if (point === undefined) return fetch(input, init)
    pass(`before ${point}`)
    const response = await fetch(input, init)
    pass(`after ${point}`)
    return response
  }
}

const submitted = new Set<string>()

/** Orders to a bank and broadcasts to a chain; what only asks has no effect that could be doubled. */
const callOf = (url: string, init: RequestInit | undefined): string | undefined => {
  if (init?.method !== 'POST') return undefined
  const { pathname } = new URL(url)
  if (pathname.startsWith('/v1/')) return `POST ${pathname} of the bank`
  if (pathname.startsWith('/transactions')) {
    const envelope = String(init.body)
    const again = submitted.has(envelope)
    submitted.add(envelope)
    return again ? 'resubmission to Horizon' : 'submission to Horizon'
  }
  return String(init.body).includes('eth_sendRawTransaction') ? 'eth_sendRawTransaction' : undefined
}

const { SUCCESSOR_CALL: callFile, SUCCESSOR_MODULE: module } = process.env
if (callFile !== undefined && module !== undefined) {
  await import(module)
  const heard = (): string | undefined => {
    try {
      return readFileSync(callFile, 'utf8') || undefined
    } catch {
      return undefined // not called yet
    }
  }
  let word: string | undefined
  for (; word === undefined && process.connected; word = heard()) await after(5)
  if (word !== ('come' satisfies SuccessorCall)) process.exit(0)
}
