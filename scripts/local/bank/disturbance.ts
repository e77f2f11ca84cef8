import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Faults, Operation, Subject } from './faults.ts'
import { Problem } from './problem.ts'
import type { Timers } from './timers.ts'

/** What the armed faults do to an answer, before and after the bank has acted. `true`: the request has got all that it will get. */
export const openDisturbance = (faults: Faults, timers: Timers) => ({
  before: async (on: Operation, subject: Subject, request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
    const late = faults.take('delay', subject, { on, at: 'network' })
    if (late) await timers.sleep(late.ms)
    if (faults.take('drop_before', subject, { on })) return hangUp(request, reply)
    const limit = faults.take('rate_limit', subject, { on })
    if (limit) throw new Problem(429, 'rate_limited', 'Too many requests.', { 'retry-after': String(limit.retryAfterSeconds) })
    if (faults.take('error_before', subject, { on }))
      throw new Problem(500, 'internal', 'Something broke before the order was taken.')
    return false
  },
  /** While the bank works on it: the key is in progress. */
  during: async (on: Operation, subject: Subject): Promise<void> => {
    const slow = faults.take('delay', subject, { on, at: 'processing' })
    if (slow) await timers.sleep(slow.ms)
  },
  after: async (on: Operation, subject: Subject, request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
    const late = faults.take('delay', subject, { on, at: 'answer' })
    if (late) await timers.sleep(late.ms)
    if (faults.take('drop_after', subject, { on })) return hangUp(request, reply)
    if (faults.take('error_after', subject, { on }))
      throw new Problem(500, 'internal', 'Something broke after the order was taken.')
    if (!faults.take('garble_after', subject, { on })) return false
    await reply.code(200).type('text/html').send('<html><body>It works!</body></html>')
    return true
  },
})

export type Disturbance = ReturnType<typeof openDisturbance>

export const hangUp = (request: FastifyRequest, reply: FastifyReply): true => {
  reply.hijack()
  request.raw.socket.destroy()
  return true
}
