import { type Address, erc20Abi } from 'viem'
import { settlementTokenAbi } from '../../../../contracts/abi/settlement-token.ts'
import type { MintRights } from '../chain.ts'
import { isSilence, unavailable } from './failure.ts'
import type { Rpc } from './rpc.ts'

/** What the token lets the minter do. A contract that cannot answer is no SettlementToken, and lets him do nothing. */
export const mintRights = async (
  rpc: Rpc,
  { token, escrow, minter }: { token: Address; escrow: Address; minter: Address },
): Promise<MintRights> => {
  const contract = { address: token, abi: settlementTokenAbi } as const
  try {
    const role = await rpc.client.readContract({ ...contract, functionName: 'ESCROW_ROLE' })
    const [locksInEscrow, [limits]] = await Promise.all([
      rpc.client.readContract({ ...contract, functionName: 'hasRole', args: [role, escrow] }),
      rpc.client.readContract({ ...contract, functionName: 'minterOf', args: [minter] }),
    ])
    return { locksInEscrow, perTransactionMinor: limits.perTransaction.toString() }
  } catch (error) {
    if (isSilence(error)) throw unavailable(error)
    return { locksInEscrow: false, perTransactionMinor: '0' }
  }
}

export const supplyOf = async (rpc: Rpc, token: Address): Promise<string> => {
  try {
    return (await rpc.client.readContract({ address: token, abi: erc20Abi, functionName: 'totalSupply' })).toString()
  } catch (error) {
    throw unavailable(error)
  }
}
