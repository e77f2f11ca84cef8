import { keccak256, type PrivateKeyAccount } from 'viem'
import type { EvmTx, NewVersion, TxVersion } from './tx-store.ts'

/**
 * Signs the call of a nonce as an EIP-1559 transaction without value, offline. The same request gives the same bytes (RFC 6979), and the
 * hash is theirs.
 */
export const signVersion = async (
  account: PrivateKeyAccount,
  chainId: number,
  tx: EvmTx,
  version: Omit<TxVersion, 'hash'>,
): Promise<NewVersion> => {
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce: tx.nonce,
    to: tx.to,
    data: tx.data,
    value: 0n,
    gas: tx.gasLimit,
    ...version.fees,
  })
  return { ...version, key: tx.key, raw, hash: keccak256(raw) }
}
