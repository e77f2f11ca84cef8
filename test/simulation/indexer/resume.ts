import type { ResumePayload } from '../../../bridge-service/src/operators/action.ts'
import { endAction } from '../memory/action-store.ts'
import type { Tables } from '../memory/tables.ts'
import type { MemoryTx } from '../memory/transaction.ts'

/** Two operators' word that a halted chain may go on, and on which branch. */
export type Approval = { readonly id: string; readonly branch: ResumePayload['branch'] }

/** The newest approval that answers a halt, if one does. */
export const readApproval = ({ operator_actions }: Tables, chain: string, reason: string): Approval | undefined => {
  const [action] = [...operator_actions.values()]
    .filter(({ type, scope, decision }) => type === 'resumeChain' && scope === `chain:${chain}` && decision === 'approve')
    .filter(({ obeyed_at, refusal, payload }) => {
      return obeyed_at === null && refusal === null && (payload as ResumePayload).haltedReason === reason
    })
    .sort((a, b) => b.decided_at! - a.decided_at! || (a.id < b.id ? 1 : -1))
  return action && { id: action.id, branch: (action.payload as ResumePayload).branch }
}

/** It is obeyed, in the transaction that lets the chain go on; or cannot be: `refusal` says why. */
export const endResume = async (tx: MemoryTx, tables: Tables, { id }: Approval, refusal: string | null): Promise<void> => {
  if ((await endAction(tx, tables, id, refusal, 'indexer')) === undefined) throw new Error(`${id} was ended before`)
}
