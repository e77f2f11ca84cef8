import type { ClientBase } from 'pg'
import { BridgeError } from '../errors.ts'
import { type ResumePayload, targetOfScope } from './action.ts'

/** Why a chain is halted, by its head. Throws `chain_not_found` and `chain_not_halted`. */
export const haltOf = (chain: string | undefined, head: { readonly halted_reason: string | null } | undefined): string => {
  if (head === undefined) throw new BridgeError('chain_not_found', { chain })
  if (head.halted_reason === null) throw new BridgeError('chain_not_halted', { chain })
  return head.halted_reason
}

/** What a person has said of one halt is not good for another. Throws `chain_not_halted` when the chain is not halted so any more. */
export const sameHalt = (now: string, { haltedReason }: ResumePayload): void => {
  if (now !== haltedReason) throw new BridgeError('chain_not_halted', { haltedReason: now })
}

/** Why the chain of a scope is halted. Throws as `haltOf` does. */
export const readHalt = async (tx: ClientBase, scope: string): Promise<string> => {
  const chain = targetOfScope(scope)
  const { rows } = await tx.query<{ halted_reason: string | null }>({
    name: 'read_halt',
    text: 'select halted_reason from chain_heads where chain = $1',
    values: [chain],
  })
  return haltOf(chain, rows[0])
}

/** Whether the chain of a scope is still halted as a person has seen it. Throws as `readHalt` and `sameHalt` do. */
export const checkHalt = async (tx: ClientBase, scope: string, payload: ResumePayload): Promise<void> =>
  sameHalt(await readHalt(tx, scope), payload)
