import { hexToBytes, keccak256 } from 'viem'
import type { Hash } from '../observation.ts'

/**
 * Whether a block's header bloom admits a log of this address: false is certain, true may be a coincidence (Yellow Paper §4.4.3: three
 * of 2048 bits, each the low 11 bits of one of the first three byte pairs of the address' Keccak hash).
 */
export const bloomAdmits = (address: string): ((logsBloom: Hash) => boolean) => {
  const hash = hexToBytes(keccak256(hexToBytes(address.toLowerCase() as Hash)))
  // By hex digit, four bits each, the first digit being the highest: a bloom is not turned into bytes for the sake of three bits.
  const wanted = [0, 2, 4].map(i => {
    const bit = ((hash[i]! << 8) | hash[i + 1]!) & 2_047
    return { digit: 2 + 511 - (bit >> 2), mask: 1 << (bit & 3) }
  })
  return logsBloom => wanted.every(({ digit, mask }) => (Number.parseInt(logsBloom[digit]!, 16) & mask) !== 0)
}
