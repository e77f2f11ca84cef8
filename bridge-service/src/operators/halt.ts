import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { type ResumePayload, targetOfScope } from './action.ts'

/** Why the chain of a scope is halted. Throws `chain_not_found` and `chain_not_halted`. */
export const readHalt = async (tx: ClientBase, scope: string): Promise<string> => {
  const chain = targetOfScope(scope)
  const { rows } = await tx.query<{ halted_reason: string | null }>({
    name: 'read_halt',
    text: 'select halted_reason from chain_heads where chain = $1',
    values: [chain],
  })
  if (rows[0] === undefined) throw new BridgeError('chain_not_found', { chain })
  if (rows[0].halted_reason === null) throw new BridgeError('chain_not_halted', { chain })
  return rows[0].halted_reason
}

/** What a person has said of one halt is not good for another. Throws `chain_not_halted` when the chain is not halted so any more. */
export const checkHalt = async (tx: ClientBase, scope: string, { haltedReason }: ResumePayload): Promise<void> => {
  const now = await readHalt(tx, scope)
  if (now !== haltedReason) throw new BridgeError('chain_not_halted', { haltedReason: now })
}
