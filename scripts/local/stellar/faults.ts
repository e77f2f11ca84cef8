import { randomUUID } from 'node:crypto'
import { z } from 'zod'

/** The groups of resources that a fault can single out. */
const route = z.enum([
  'root',
  'fee_stats',
  'ledgers',
  'transactions',
  'operations',
  'accounts',
  'claimable_balances',
  'assets',
  'rpc',
])
/** How a transaction is submitted: `POST /transactions`, `POST /transactions_async`, `sendTransaction`. */
const way = z.enum(['sync', 'async', 'rpc'])

const times = z.int().positive().optional()
const ledgers = z.int().positive()
const ofSubmission = {
  times,
  on: way.optional(),
  /** The transaction's source account (that of the inner one of a fee bump), or its hash in hex. */
  match: z.strictObject({ account: z.string().optional(), hash: z.string().optional() }).optional(),
}

/**
 * What may go wrong, on demand. `times` absent: until lifted. It counts what is hit: submissions, requests, events of a stream; for
 * `ingestion_lag`, `history_trimmed` and `surge` it counts the ledgers that close meanwhile.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  /** 504, and the network has never heard of the transaction. */
  z.strictObject({ kind: z.literal('timeout_before'), ...ofSubmission }),
  /** 504, and the network has taken it. */
  z.strictObject({ kind: z.literal('timeout_after'), ...ofSubmission }),
  /** The connection breaks instead of an answer. */
  z.strictObject({ kind: z.literal('disconnect_before'), ...ofSubmission }),
  z.strictObject({ kind: z.literal('disconnect_after'), ...ofSubmission }),
  /** Accepted like any other, and never in a ledger. */
  z.strictObject({ kind: z.literal('drop'), ...ofSubmission }),
  /** Answers of so many ledgers ago: a replica that stands still. Each hit request sees an old network, the next one may not. */
  z.strictObject({ kind: z.literal('stale_history'), times, on: route.optional(), ledgers }),
  /** Ingestion stays so many ledgers behind the network, for everybody. What was shown once stays shown. */
  z.strictObject({ kind: z.literal('ingestion_lag'), times, ledgers }),
  /** History goes back so many ledgers only. */
  z.strictObject({ kind: z.literal('history_trimmed'), times, keep: ledgers }),
  /** Bids below this base fee (stroops per operation) wait, as in ledgers that are full of better ones; from the second ledger on. */
  z.strictObject({ kind: z.literal('surge'), times, baseFee: z.int().min(101) }),
  /** A page holds so many records at most, whatever the limit: no real Horizon does that, a broken proxy might. */
  z.strictObject({ kind: z.literal('short_page'), times, on: route.optional(), keep: z.int().nonnegative() }),
  /** An error without a deed: to readers, and to submissions, which the network does not hear of. */
  z.strictObject({
    kind: z.literal('refuse'),
    times,
    on: z.union([route, way]).optional(),
    status: z.union([z.literal(429), z.literal(500), z.literal(502), z.literal(503), z.literal(504)]).default(503),
  }),
  z.strictObject({ kind: z.literal('sse_duplicate'), times }),
  z.strictObject({ kind: z.literal('sse_missing'), times }),
])

export type Fault = z.infer<typeof faultSchema>
export type Route = z.infer<typeof route>
export type Way = z.infer<typeof way>

/** What a fault is held against. */
export type Subject = {
  readonly on?: Route | Way
  readonly account?: string
  readonly hashes?: readonly string[]
}

type Armed = { readonly id: string; readonly fault: Fault; left: number; taken: number }
type OfKind<K extends Fault['kind']> = Extract<Fault, { kind: K }>

/** The faults that are armed. They end with the process. `onChange` hears of each that comes, goes or runs out. */
export const openFaults = (onChange: () => void) => {
  const armed = new Map<string, Armed>()
  const changed = <T>(result: T): T => {
    onChange()
    return result
  }
  const find = (kind: Fault['kind'], subject: Subject) =>
    [...armed.values()].find(({ fault, left }) => left > 0 && fault.kind === kind && hits(fault, subject))

  return {
    arm: (fault: z.input<typeof faultSchema>) => {
      const parsed = faultSchema.parse(fault)
      const entry: Armed = {
        id: `fault_${randomUUID()}`,
        fault: parsed,
        left: parsed.times ?? Number.POSITIVE_INFINITY,
        taken: 0,
      }
      armed.set(entry.id, entry)
      return changed(view(entry))
    },
    list: () => [...armed.values()].map(view),
    disarm: (id: string) => changed(armed.delete(id)),
    clear: () => changed(armed.clear()),
    /** The oldest fault of this kind that hits the subject, without counting. */
    current: <K extends Fault['kind']>(kind: K, subject: Subject = {}) => find(kind, subject)?.fault as OfKind<K> | undefined,
    /** The same, once less from now on. */
    take: <K extends Fault['kind']>(kind: K, subject: Subject = {}) => {
      const hit = find(kind, subject)
      if (!hit) return undefined
      hit.left--
      hit.taken++
      return hit.fault as OfKind<K>
    },
  }
}

export type Faults = ReturnType<typeof openFaults>

const view = ({ id, fault, left, taken }: Armed) => ({ id, ...fault, left: Number.isFinite(left) ? left : null, taken })

const hits = (fault: Fault, { on, account, hashes = [] }: Subject) => {
  if ('on' in fault && fault.on !== undefined && fault.on !== on) return false
  const match = 'match' in fault ? fault.match : undefined
  return (match?.account === undefined || match.account === account) && (match?.hash === undefined || hashes.includes(match.hash))
}
