import { getAddress, type Hex, isAddress, isAddressEqual, zeroAddress } from 'viem'
import { BridgeError } from '../../errors.ts'

/**
 * Reads an address that somebody typed: lower case is taken, any other case must be the checksum (EIP-55). Throws
 * `address_checksum_invalid`, or `address_invalid` for what is no address and for those where money is lost: zero and our own contracts.
 */
export const parseEvmAddress = (text: string, contracts: readonly Hex[]): Hex => {
  if (!isAddress(text, { strict: false })) throw new BridgeError('address_invalid', { address: text })
  if (!isAddress(text)) throw new BridgeError('address_checksum_invalid', { address: text })
  if ([zeroAddress, ...contracts].some(one => isAddressEqual(one, text)))
    throw new BridgeError('address_invalid', { address: text })
  return getAddress(text)
}
