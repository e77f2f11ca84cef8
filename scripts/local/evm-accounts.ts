import { type Address, bytesToHex, type Hex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'

export type EvmAccount = { readonly address: Address; readonly key: Hex }

// The mnemonic that every Hardhat node funds: public, and worth nothing anywhere else.
const mnemonic = 'test test test test test test test test test test test junk'

/** One of the 20 accounts that the local chain funds with 10,000 ether. 0 is admin, 1 treasury, 2 operator; the others are free. */
export const evmAccount = (index: number): EvmAccount => {
  const account = mnemonicToAccount(mnemonic, { addressIndex: index })
  return { address: account.address, key: bytesToHex(account.getHdKey().privateKey!) }
}
