import { keccak256 } from 'viem'
import type { EvmKeys } from './keys.ts'
import type { EvmTx, NewVersion, TxVersion } from './tx-store.ts'

/** Signs the call of a nonce as an EIP-1559 transaction without value; the hash is that of the bytes. */
export const signVersion = async (
  keys: EvmKeys,
  chainId: number,
  tx: EvmTx,
  version: Omit<TxVersion, 'hash'>,
): Promise<NewVersion> => {
  const raw = await keys.sign(tx.sender, {
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
