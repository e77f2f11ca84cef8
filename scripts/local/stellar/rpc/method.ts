import { z } from 'zod'
import type { StellarNode, View } from '../node.ts'
import { invalidParams, invalidRequest } from './rpc-error.ts'

/** Answers one call; undefined when the answer gets lost on its way. */
export type RpcMethod = (node: StellarNode, params: unknown, context: RpcContext) => unknown
export type RpcContext = { readonly friendbotUrl: string; readonly lose: (by: 'timeout' | 'disconnect') => undefined }

export const readParams = <T>(schema: z.ZodType<T>, params: unknown): T => {
  const parsed = schema.safeParse(params)
  if (!parsed.success) throw invalidParams(z.prettifyError(parsed.error))
  return parsed.data
}

const [defaultLimit, greatestLimit] = [50, 200]

export const rangeParams = z.looseObject({
  startLedger: z.int().nonnegative().optional(),
  pagination: z.looseObject({ cursor: z.string().optional(), limit: z.int().nonnegative().optional() }).optional(),
})

/** Where a page starts, by ledger or behind a cursor; and how long it is. Refuses a start that history does not hold. */
export const pageStart = ({ startLedger = 0, pagination }: z.infer<typeof rangeParams>, { elder, latest }: View) => {
  const cursor = pagination?.cursor ? pagination.cursor : undefined
  const limit = pagination?.limit ? pagination.limit : defaultLimit
  if (limit > greatestLimit) throw invalidRequest(`limit must not exceed ${greatestLimit}`)
  if (cursor !== undefined) {
    if (startLedger !== 0) throw invalidRequest(`startLedger (${startLedger}) and cursor (${cursor}) cannot both be set`)
    if (!/^\d{1,19}$/.test(cursor)) throw invalidParams(`cursor ${cursor} is not a number`)
    return { cursor, limit }
  }
  if (startLedger < elder || startLedger > latest)
    throw invalidRequest(
      `start ledger (${startLedger}) must be between the oldest ledger: ${elder} and the latest ledger: ${latest} for this rpc instance`,
    )
  return { startLedger, limit }
}
