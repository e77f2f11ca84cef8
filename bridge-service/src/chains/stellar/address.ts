import { decodeAddressToMuxedAccount, encodeMuxedAccountToAddress, extractBaseAddress, StrKey } from '@stellar/stellar-sdk'
import { BridgeError } from '../../errors.ts'

const shape = /^[GM][A-Z2-7]+$/
const lengths = { G: 56, M: 69 } as const

/**
 * Reads a destination that somebody typed: an account (G…), or a muxed one (M…), which names a customer of an account. Throws
 * `address_checksum_invalid` for a slip of the pen, and `address_invalid` for what is no account and for those where money is lost or goes
 * in circles: `forbidden`, by their G….
 */
export const parseStellarAddress = (text: string, forbidden: ReadonlySet<string>): string => {
  if (!shape.test(text) || text.length !== lengths[text[0] as 'G' | 'M'])
    throw new BridgeError('address_invalid', { address: text })
  const valid = text[0] === 'G' ? StrKey.isValidEd25519PublicKey(text) : StrKey.isValidMed25519PublicKey(text)
  if (!valid) throw new BridgeError('address_checksum_invalid', { address: text })
  if (forbidden.has(baseAccountOf(text))) throw new BridgeError('address_invalid', { address: text })
  return isMuxed(text) ? encodeMuxedAccountToAddress(decodeAddressToMuxedAccount(text)) : text
}

export const isMuxed = (address: string): boolean => address.startsWith('M')

/** The account that holds the money. */
export const baseAccountOf = (address: string): string => (isMuxed(address) ? extractBaseAddress(address) : address)
