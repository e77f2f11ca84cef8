import { z } from 'zod'
import type { ResumeRow } from './resume-store.ts'
import { time } from './schemas.ts'

export const branches = ['ours', 'theirs'] as const

export const resumeSchema = z
  .object({
    id: z.string(),
    chain: z.string(),
    haltedReason: z.string().describe('The halt that it answers.'),
    branch: z.enum(branches),
    state: z
      .enum(['requested', 'approved', 'obeyed', 'refused'])
      .describe('`requested`: it waits for another operator. `refused`: the indexer could not, see `refusal`.'),
    reason: z.string(),
    requestedBy: z.string(),
    requestedAt: time,
    approvalReason: z.string().nullable(),
    approvedBy: z.string().nullable(),
    approvedAt: time.nullable(),
    obeyedAt: time.nullable(),
    refusal: z.string().nullable(),
  })
  .meta({ id: 'ChainResume' })

export const resumeJson = (row: ResumeRow): z.output<typeof resumeSchema> => ({
  id: row.id,
  chain: row.chain,
  haltedReason: row.haltedReason,
  branch: row.branch,
  state: stateOf(row),
  reason: row.reason,
  requestedBy: row.requestedBy,
  requestedAt: row.requestedAt.toISOString(),
  approvalReason: row.approvalReason,
  approvedBy: row.approvedBy,
  approvedAt: row.approvedAt?.toISOString() ?? null,
  obeyedAt: row.obeyedAt?.toISOString() ?? null,
  refusal: row.refusal,
})

const stateOf = ({ refusal, obeyedAt, approvedBy }: ResumeRow) => {
  if (refusal !== null) return 'refused'
  if (obeyedAt !== null) return 'obeyed'
  return approvedBy === null ? 'requested' : 'approved'
}
