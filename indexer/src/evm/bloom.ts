import { hexToBytes, keccak256 } from 'viem'
import type { Hash } from '../observation.ts'

/**
 * Whether a block's header bloom admits a log of this address: false is certain, true may be a coincidence (Yellow Paper §4.4.3: three
 * of 2048 bits, each the low 11 bits of one of the first three byte pairs of the address' Keccak hash).
 */
export const bloomAdmits = (logsBloom: Hash, address: string): boolean => {
  const bloom = hexToBytes(logsBloom)
  const hash = hexToBytes(keccak256(hexToBytes(address.toLowerCase() as Hash)))
  return [0, 2, 4].every(i => {
    const bit = ((hash[i]! << 8) | hash[i + 1]!) & 2_047
    return (bloom[255 - (bit >> 3)]! & (1 << (bit & 7))) !== 0
  })
}
