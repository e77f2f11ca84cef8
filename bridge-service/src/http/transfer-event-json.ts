import { z } from 'zod'
import { time } from './schemas.ts'

export const transferEventSchema = z
  .object({
    version: z.int().describe('1, 2, 3, … without gaps.'),
    type: z.string(),
    at: time,
    fromState: z.string().describe('`none` before the first event.'),
    toState: z.string(),
    place: z
      .object({ chain: z.string(), txHash: z.string(), blockNumber: z.string(), blockHash: z.string() })
      .nullable()
      .describe('Where on the chain it was seen.'),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TransferEvent' })

export type TransferEventRow = {
  readonly transferId: string
  readonly version: number
  readonly type: string
  readonly at: Date | string
  readonly fromState: string
  readonly toState: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly chain: string | null
}

/** On which of its chains an event of a transfer was seen: `e` is the event, `t` the transfer. */
export const eventChainSql = `case when e.type like 'deposit%' or (e.type like '%ommit%' and t.terms ? 'deposit')
                 then t.terms->'deposit'->>'chain' else t.terms->>'chain' end`

/** An event of a transfer as the API shows it. */
export const transferEventJson = (row: TransferEventRow): z.output<typeof transferEventSchema> => {
  const { version, type, fromState, toState, chain } = row
  const { type: _type, fact: _fact, txHash, blockNumber, blockHash, ...details } = row.payload
  const place =
    txHash === undefined || chain === null
      ? null
      : { chain, txHash: String(txHash), blockNumber: String(blockNumber), blockHash: String(blockHash) }
  return { version, type, at: new Date(row.at).toISOString(), fromState, toState, place, details }
}
