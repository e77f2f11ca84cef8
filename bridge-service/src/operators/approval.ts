import { BridgeError } from '../errors.ts'
import type { Action, Operator } from './action.ts'

/** The word of the second person. */
export type Approval = { readonly decision: 'approve' | 'reject'; readonly payloadHash: string }

/**
 * Whether he may say so: about what he has seen, while it waits, and as another person if he approves. Throws `action_decided`,
 * `payload_mismatch` or `second_operator_required`.
 */
export const checkApproval = (
  action: Pick<Action, 'id' | 'fourEyes' | 'decision' | 'isExpired' | 'payloadHash' | 'requestedBy' | 'requestedPerson'>,
  { decision, payloadHash }: Approval,
  { by, person }: Operator,
): void => {
  const { id } = action
  if (!action.fourEyes || action.decision !== null || action.isExpired) throw new BridgeError('action_decided', { id })
  if (action.payloadHash !== payloadHash) throw new BridgeError('payload_mismatch', { payloadHash: action.payloadHash })
  if (decision === 'approve' && (by === action.requestedBy || person === action.requestedPerson))
    throw new BridgeError('second_operator_required', { id })
}
