import { z } from 'zod'
import type { ChainHead, EndpointHealth, Reorg } from '../../../indexer/src/queries.ts'
import type { Action } from '../operators/action.ts'
import { actionJson, actionSchema } from './operator-action-json.ts'
import { time } from './schemas.ts'

const height = z.string().describe('A decimal string.')
const blockSchema = z.object({ height, hash: z.string() }).meta({ id: 'Block' })

export const chainSchema = z
  .object({
    id: z.string(),
    state: z
      .enum(['unseen', 'following', 'in_doubt', 'halted'])
      .describe(
        '`unseen`: the indexer has not begun with it. `in_doubt`: its events are being checked. While it is in doubt or halted, nothing becomes final and nothing is paid.',
      ),
    head: blockSchema.nullable().describe('The newest block in the tables.'),
    safeHeight: height.nullable(),
    finalizedHeight: height.nullable(),
    verifiedHeight: height
      .nullable()
      .describe('Payouts count on finality up to here: a second reading agrees. null: not needed on this chain.'),
    finalityMode: z
      .enum(['tags', 'depth', 'closed'])
      .nullable()
      .describe('How the chain tells what is final; null: not known yet.'),
    lagBlocks: height.nullable().describe('How far the tables are behind the best good node; null: no node is good.'),
    alarm: z.string().nullable(),
    halt: z
      .object({
        reason: z.string(),
        resumes: z.array(actionSchema).describe('What operators have said about this halt, newest first.'),
      })
      .nullable(),
    nodes: z.array(
      z.object({
        endpoint: z.string().describe('Its host.'),
        standing: z.enum(['good', 'lagging', 'forked', 'lying', 'limited', 'silent', 'foreign']),
        headHeight: height.nullable(),
        latencyMs: z.int().nullable().describe('A moving average.'),
        requests: height,
        failures: height,
        disagreements: height.describe('How often it contradicted the quorum.'),
        updatedAt: time,
      }),
    ),
    updatedAt: time.nullable(),
  })
  .meta({ id: 'Chain' })

export const reorgSchema = z
  .object({
    id: z.string(),
    at: time,
    deep: z.boolean().describe('Below finality: nothing was rolled back, and the chain halted.'),
    depth: z.int().describe('Our blocks that the other branch contradicts; of a deep one as far as it was read.'),
    ancestor: blockSchema.nullable().describe('null: deep, and it lies below what was read.'),
    from: blockSchema.describe('Our newest block before.'),
    to: blockSchema.describe('The newest block of the other branch that was read.'),
    orphanedBlocks: z.int(),
    orphanedEvents: z.int(),
  })
  .meta({ id: 'Reorg' })

export const chainJson = (
  id: string,
  head: ChainHead | undefined,
  nodes: readonly EndpointHealth[],
  resumes: readonly Action[],
): z.output<typeof chainSchema> => ({
  id,
  state: stateOf(head),
  head: head ? blockJson(head.latest) : null,
  safeHeight: head?.safeHeight.toString() ?? null,
  finalizedHeight: head?.finalizedHeight.toString() ?? null,
  verifiedHeight: head?.verifiedHeight?.toString() ?? null,
  finalityMode: head?.finalityMode ?? null,
  lagBlocks: head ? lagOf(head, nodes) : null,
  alarm: head?.alarm ?? null,
  halt:
    head?.haltedReason === undefined
      ? null
      : { reason: head.haltedReason, resumes: resumes.map(each => actionJson(each, 'none')) },
  nodes: nodes.map(({ endpoint, standing, headHeight, latencyMs, requests, failures, disagreements, updatedAt }) => ({
    endpoint,
    standing,
    headHeight: headHeight?.toString() ?? null,
    latencyMs: latencyMs ?? null,
    requests: requests.toString(),
    failures: failures.toString(),
    disagreements: disagreements.toString(),
    updatedAt: updatedAt.toISOString(),
  })),
  updatedAt: head?.updatedAt.toISOString() ?? null,
})

export const reorgJson = ({ id, at, deep, depth, ancestor, from, to, orphanedBlocks, orphanedEvents }: Reorg) => ({
  id,
  at: at.toISOString(),
  deep,
  depth,
  ancestor: ancestor ? blockJson(ancestor) : null,
  from: blockJson(from),
  to: blockJson(to),
  orphanedBlocks,
  orphanedEvents,
})

const blockJson = ({ number, hash }: ChainHead['latest']) => ({ height: number.toString(), hash })

const stateOf = (head: ChainHead | undefined) => {
  if (head === undefined) return 'unseen'
  if (head.haltedReason !== undefined) return 'halted'
  return head.alarm === undefined ? 'following' : 'in_doubt'
}

const lagOf = ({ latest }: ChainHead, nodes: readonly EndpointHealth[]): string | null => {
  const heights = nodes.flatMap(({ standing, headHeight }) =>
    standing === 'good' && headHeight !== undefined ? [headHeight] : [],
  )
  if (heights.length === 0) return null
  const best = heights.reduce((a, b) => (a > b ? a : b))
  return (best > latest.number ? best - latest.number : 0n).toString()
}
