import type { FastifyReply } from 'fastify'
import type { Problem } from '../problem.ts'

/** An error as the SEPs have it (SEP-10 and SEP-38, "Errors"), with our stable code beside the text. */
type SepError = { readonly error: string; readonly code: string }

export const sendSepError = (reply: FastifyReply, problem: Problem): FastifyReply => {
  const { status, title, detail, code, retry } = problem
  if (retry === 'same_key') reply.header('retry-after', '1')
  const body: SepError = { error: detail === title ? title : `${title} ${detail}`, code }
  return reply.code(statusOf(status)).type('application/json').serializer(JSON.stringify).send(body)
}

/** Whatever is wrong with a request is a 400 there. */
const statusOf = (status: number): number => (status === 422 || status === 409 ? 400 : status)
