import { randomUUID } from 'node:crypto'
import { z } from 'zod'

const target = z.strictObject({
  externalId: z.string().optional(),
  direction: z.enum(['credit', 'debit']).optional(),
  rail: z.string().optional(),
  /** The counterparty's. */
  accountNumber: z.string().optional(),
  /** Webhooks only: `transfer.settled`, … */
  event: z.string().optional(),
})

const operation = z.enum(['submit', 'query', 'cancel', 'read'])
const base = { match: target.optional(), times: z.int().positive().optional() }
const ofAnswer = { ...base, on: operation.default('submit') }
const ms = z.int().nonnegative()
const code = z.string().regex(/^[A-Z0-9]{2,8}$/)

/**
 * What may go wrong, on demand. `times` absent: until deleted. `on`: which calls an answer's fault hits (`read` = balance and statement).
 * `delay.at`: `network` (the bank does not know of the order yet), `processing` (its key is in progress), `answer` (accepted, answer late).
 */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('drop_before'), ...ofAnswer }),
  z.strictObject({ kind: z.literal('drop_after'), ...ofAnswer }),
  z.strictObject({ kind: z.literal('error_before'), ...ofAnswer }),
  z.strictObject({ kind: z.literal('error_after'), ...ofAnswer }),
  z.strictObject({ kind: z.literal('garble_after'), ...ofAnswer }),
  z.strictObject({ kind: z.literal('rate_limit'), ...ofAnswer, retryAfterSeconds: z.int().nonnegative().default(1) }),
  z.strictObject({
    kind: z.literal('delay'),
    ...ofAnswer,
    ms,
    at: z.enum(['network', 'processing', 'answer']).default('processing'),
  }),
  z.strictObject({ kind: z.literal('down'), times: base.times }),
  z.strictObject({ kind: z.literal('reject'), ...base, code }),
  z.strictObject({ kind: z.literal('return_after_settlement'), ...base, code, ms: ms.default(0) }),
  z.strictObject({ kind: z.literal('webhook_delay'), ...base, ms }),
  z.strictObject({ kind: z.literal('webhook_duplicate'), ...base, count: z.int().positive().default(1) }),
  z.strictObject({ kind: z.literal('webhook_reorder'), ...base }),
  z.strictObject({
    kind: z.literal('webhook_forge'),
    ...base,
    claim: z.enum(['settled', 'rejected', 'returned']).default('settled'),
  }),
  z.strictObject({ kind: z.literal('webhook_drop'), ...base }),
])

export type Fault = z.infer<typeof faultSchema>
export type Operation = z.infer<typeof operation>
/** What a fault's `match` is held against. */
export type Subject = z.infer<typeof target>

type Armed = { readonly id: string; readonly fault: Fault; left: number; taken: number }

/** The faults that are armed. They end with the process. */
export const openFaults = () => {
  const armed = new Map<string, Armed>()

  return {
    arm: (fault: Fault) => {
      const entry: Armed = { id: `fault_${randomUUID()}`, fault, left: fault.times ?? Number.POSITIVE_INFINITY, taken: 0 }
      armed.set(entry.id, entry)
      return view(entry)
    },
    list: () => [...armed.values()].map(view),
    disarm: (id: string) => armed.delete(id),
    clear: () => armed.clear(),
    /** The oldest fault of this kind that hits the subject, once less from now on. */
    take: <K extends Fault['kind']>(kind: K, subject: Subject = {}, where: { on?: Operation; at?: string } = {}) => {
      const hit = [...armed.values()].find(
        ({ fault, left }) => left > 0 && fault.kind === kind && hits(fault, subject) && isAt(fault, where),
      )
      if (!hit) return undefined
      hit.left--
      hit.taken++
      return hit.fault as Extract<Fault, { kind: K }>
    },
  }
}

export type Faults = ReturnType<typeof openFaults>

const view = ({ id, fault, left, taken }: Armed) => ({ id, ...fault, left: Number.isFinite(left) ? left : null, taken })

const hits = (fault: Fault, subject: Subject) =>
  Object.entries('match' in fault && fault.match ? fault.match : {}).every(
    ([name, wanted]) => wanted === undefined || subject[name as keyof Subject] === wanted,
  )

const isAt = (fault: Fault, { on, at }: { on?: Operation; at?: string }) =>
  (on === undefined || !('on' in fault) || fault.on === on) && (at === undefined || !('at' in fault) || fault.at === at)
