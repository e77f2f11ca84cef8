import { z } from 'zod'
import { type Action, actionTypes } from '../operators/action.ts'
import type { effectOf } from '../operators/action-store.ts'
import { amount, plainText, time, transferId } from './schemas.ts'

const reason = plainText(500).describe('Kept for ever, beside who said it.')
const onTransfer = <T extends string>(type: T, what: string) =>
  z.strictObject({ type: z.literal(type), transferId, reason }).describe(what)
const onScope = <T extends string>(type: T, what: string) =>
  z.strictObject({ type: z.literal(type), scope: plainText(80), reason }).describe(what)

/** What an operator asks for. */
export const actionRequest = z
  .discriminatedUnion('type', [
    onTransfer('retry', 'What was refused, or rests until its next turn, is tried now.'),
    onTransfer('cancel', 'As the integrator’s own wish to cancel.'),
    onTransfer('forceCompensation', 'Turns back, also out of a release that the chain refuses.'),
    z
      .strictObject({
        type: z.literal('markResolved'),
        transferId,
        reason,
        payload: z.strictObject({
          outcome: z.enum(['completed', 'compensated', 'failed']).describe('What it comes to for the customer.'),
          evidence: plainText(2_000).describe('What you have seen.'),
          document: plainText(500).optional().describe('Where a document lies that shows it.'),
          closing: z
            .array(z.strictObject({ account: plainText(120), into: plainText(120) }))
            .max(10)
            .describe(
              'Where each balance goes that the transfer has left open: `bank_cash:…` or `treasury:…` where it was moved by hand, `receivable:…`, `written_off:…`, `exposure:…`.',
            ),
        }),
      })
      .describe('Ends what is in `review`.'),
    onTransfer('unpark', 'Back into the machine; what waits is decided then.'),
    onScope('pause', '`route:onramp`: takes no new transfers. `chain:…`, `rail:…`: begins no intents; deadlines count on.'),
    onScope('resume', 'Goes on.'),
    z
      .strictObject({
        type: z.literal('settleByHand'),
        reason,
        payload: z.strictObject({
          intentKey: z.string().regex(/^[0-9a-f]{64}$/),
          fate: z.enum(['succeeded', 'dead']),
        }),
      })
      .describe('How a Stellar transaction ended of which the ledger’s history says nothing any more.'),
    z
      .strictObject({
        type: z.literal('reclaimDelivery'),
        transferId,
        reason,
        payload: z.strictObject({ balanceId: z.string().regex(/^[0-9a-f]{72}$/) }),
      })
      .describe('Takes back a delivery on Stellar that its customer never fetched.'),
    z
      .strictObject({ type: z.literal('refund'), transferId, reason, payload: z.strictObject({ amount }) })
      .describe(
        'A gift of ours to the customer, to his bank account; all refunds of a transfer together are no more than was paid.',
      ),
    z
      .strictObject({
        type: z.literal('settleReceivable'),
        transferId,
        reason,
        payload: z.strictObject({
          kind: z
            .enum(['recovered', 'writtenOff'])
            .describe('It has come in where the transfer came from, or it never will; in part or in full.'),
          amount,
        }),
      })
      .describe('Says what came of a receivable.'),
    z
      .strictObject({
        type: z.literal('explainLine'),
        scope: plainText(80).describe('The bank: `rail:…`.'),
        reason: plainText(2_000).describe('What you have seen. Kept for ever, beside who said it.'),
        payload: z.strictObject({
          account: plainText(120).describe('Ours at the bank.'),
          cursor: plainText(200),
          into: plainText(120)
            .optional()
            .describe(
              'Where its money is booked: `bank_cash:…` of another bank of ours, `exposure:…`, `written_off:…`, `bad_debt:…`, `fee_income:…` or `equity:…`. Left out: it is in the books already, or another line has undone it.',
            ),
          document: plainText(500).optional().describe('Where a document lies that shows it.'),
        }),
      })
      .describe('Says what a line of a bank’s statement is that no order of ours explains.'),
    z
      .strictObject({
        type: z.literal('resumeChain'),
        scope: plainText(80).describe('`chain:…`'),
        reason,
        payload: z.strictObject({
          branch: z
            .enum(['ours', 'theirs'])
            .describe(
              '`ours`: keep what the tables hold. `theirs`: follow the nodes; what the tables hold above the common ancestor is orphaned, final or not.',
            ),
        }),
      })
      .describe('Lets a halted chain go on; the indexer obeys.'),
  ])
  .meta({ id: 'OperatorActionRequest' })

export type ActionRequest = z.output<typeof actionRequest>

export const approvalRequest = z
  .strictObject({
    decision: z.enum(['approve', 'reject']),
    payloadHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('Of the action as you have read it.'),
    reason: reason.optional(),
  })
  .meta({ id: 'OperatorApprovalRequest' })

export const actionSchema = z
  .object({
    id: z.string(),
    type: z.enum(actionTypes),
    transferId: transferId.nullable(),
    scope: z.string().nullable(),
    reason: z.string(),
    payload: z.record(z.string(), z.unknown()).describe('Complete: what an approval stands for.'),
    payloadHash: z.string().describe('SHA-256 of type, transfer, scope, reason and payload as JSON with sorted keys.'),
    fourEyes: z.boolean().describe('It takes a second person.'),
    state: z
      .enum(['requested', 'approved', 'rejected', 'expired', 'obeyed', 'refused'])
      .describe('`requested` waits for a second person. `obeyed`: done, or handed to the machine: see `effect`.'),
    effect: z
      .enum(['none', 'waiting', 'moved', 'ignored'])
      .describe('What the machine made of it. `ignored`: the transfer had moved on, and it meant nothing any more.'),
    requestedBy: z.string(),
    requestedAt: time,
    expiresAt: time,
    decidedBy: z.string().nullable(),
    decidedAt: time.nullable(),
    obeyedAt: time.nullable(),
    refusal: z.string().nullable(),
  })
  .meta({ id: 'OperatorAction' })

export type ActionJson = z.output<typeof actionSchema>

export const actionJson = (action: Action, effect: Awaited<ReturnType<typeof effectOf>>): ActionJson => ({
  id: action.id,
  type: action.type,
  transferId: action.transferId,
  scope: action.scope,
  reason: action.reason,
  payload: action.payload,
  payloadHash: action.payloadHash,
  fourEyes: action.fourEyes,
  state: stateOf(action),
  effect,
  requestedBy: action.requestedBy,
  requestedAt: action.requestedAt.toISOString(),
  expiresAt: action.expiresAt.toISOString(),
  decidedBy: action.decidedBy,
  decidedAt: action.decidedAt?.toISOString() ?? null,
  obeyedAt: action.obeyedAt?.toISOString() ?? null,
  refusal: action.refusal,
})

const stateOf = ({ obeyedAt, refusal, decision, isExpired, fourEyes }: Action): ActionJson['state'] => {
  if (obeyedAt !== null) return 'obeyed'
  if (refusal !== null) return 'refused'
  if (decision === 'reject') return 'rejected'
  if (isExpired) return 'expired'
  return decision === 'approve' || !fourEyes ? 'approved' : 'requested'
}
