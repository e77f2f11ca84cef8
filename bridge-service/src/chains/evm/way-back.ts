import type { Address, Hex } from 'viem'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import type { StrayMoney, WayBack } from '../deposits.ts'
import { unavailable } from './failure.ts'
import type { Rpc } from './rpc.ts'

/** `Status` of the contract. */
const [released, refunded] = [2, 3]

/**
 * A lock is its payer's again by its own terms, and by nobody's leave: from `refundAfter` on anyone can take it back for him. Throws
 * `chain_unavailable`.
 */
export const wayBackOf = async (rpc: Rpc, escrow: Address, { escrowId, refundAfter }: StrayMoney): Promise<WayBack> => {
  try {
    const id = escrowId as Hex
    const status = await rpc.client.readContract({ address: escrow, abi: escrowAbi, functionName: 'statusOf', args: [id] })
    return status === released || status === refunded ? { kind: 'over' } : { kind: 'byItself', from: refundAfter }
  } catch (error) {
    throw unavailable(error)
  }
}
