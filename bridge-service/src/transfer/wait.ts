import type { ChainId } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { depositOf, holdOf } from './hold.ts'
import type { FinalityRequirement } from './terms.ts'
import type { Transfer } from './transfer.ts'

/** What a transfer waits to become final: of the escrow that the treasury pays into, of the customer's deposit, and of the one commit. */
export type WaitKind = 'lock' | 'release' | 'refund' | 'commit' | 'deposit' | 'depositRelease' | 'depositRefund'

const ofDeposit: readonly WaitKind[] = ['deposit', 'depositRelease', 'depositRefund']

/** Which escrow a wait is about: a commit is the deposit's where the customer made one. */
export const escrowWaitedFor = ({ terms }: Pick<Transfer, 'terms'>, kind: WaitKind): 'hold' | 'deposit' =>
  ofDeposit.includes(kind) || (kind === 'commit' && depositOf(terms) !== undefined) ? 'deposit' : 'hold'

/** Where a wait looks, and for what. Throws `internal` for a wait that the route cannot have. */
export const finalityOf = (
  transfer: Pick<Transfer, 'id' | 'terms'>,
  kind: WaitKind,
): { chain: ChainId; finality: FinalityRequirement } => {
  const { id, terms } = transfer
  const plan = escrowWaitedFor(transfer, kind) === 'deposit' ? depositOf(terms) : holdOf(terms)
  if (plan === undefined) throw new BridgeError('internal', { transfer: id, reason: `nothing to wait for: ${kind}` })
  return { chain: plan.chain, finality: plan.finality }
}
