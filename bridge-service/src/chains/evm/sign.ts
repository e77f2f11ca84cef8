import { type Hash, type Hex, keccak256, type PrivateKeyAccount } from 'viem'
import type { Fees } from './fees.ts'

export type SignRequest = {
  readonly chainId: number
  readonly nonce: number
  readonly to: Hex
  readonly data: Hex
  readonly gasLimit: bigint
  readonly fees: Fees
}

/** Signs an EIP-1559 call without value, offline. The same request gives the same bytes (RFC 6979), and the hash is theirs. */
export const signCall = async (account: PrivateKeyAccount, request: SignRequest): Promise<{ raw: Hex; hash: Hash }> => {
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: request.chainId,
    nonce: request.nonce,
    to: request.to,
    data: request.data,
    value: 0n,
    gas: request.gasLimit,
    ...request.fees,
  })
  return { raw, hash: keccak256(raw) }
}
