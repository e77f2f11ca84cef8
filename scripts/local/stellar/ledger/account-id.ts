import { StrKey, xdr } from '@stellar/stellar-sdk/base'

/** A G… strkey. */
export type AccountId = string

// Strkeys carry a checksum, and the same few accounts come up thousands of times in a ledger.
const strkeys = new Map<string, AccountId>()
const publicKeys = new Map<AccountId, xdr.PublicKey>()

export const accountIdOf = (ed25519: Uint8Array): AccountId => {
  const key = Buffer.from(ed25519.buffer, ed25519.byteOffset, ed25519.byteLength).toString('latin1')
  const known = strkeys.get(key)
  if (known !== undefined) return known
  const id = StrKey.encodeEd25519PublicKey(ed25519)
  strkeys.set(key, id)
  return id
}

export const accountIdOfKey = (key: xdr.PublicKey): AccountId => accountIdOf(key.ed25519.value)

/** The account below a muxed address: the ledger ignores the number. */
export const accountIdOfMuxed = (address: xdr.MuxedAccount): AccountId =>
  accountIdOf(address.type === 'keyTypeEd25519' ? address.ed25519.value : address.med25519.ed25519.value)

export const publicKeyOf = (id: AccountId): xdr.PublicKey => {
  const known = publicKeys.get(id)
  if (known) return known
  const key = xdr.PublicKey.publicKeyTypeEd25519(StrKey.decodeEd25519PublicKey(id))
  publicKeys.set(id, key)
  return key
}
