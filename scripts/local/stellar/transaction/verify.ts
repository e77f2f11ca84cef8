import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { SignerKey } from '../ledger/signer-key.ts'
import type { Signature } from './transaction.ts'

/** Whether a signature is this signer's, on the transaction with this hash (hex). */
export const isSignedBy = (signature: Signature, key: SignerKey, hash: string): boolean => {
  if (Buffer.compare(signature.hint, hintOf(key)) !== 0) return false
  const known = signature.verified.get(key.address)
  if (known !== undefined) return known
  const answer = verified(signature.bytes, key, hash)
  signature.verified.set(key.address, answer)
  return answer
}

const verified = (bytes: Uint8Array, key: SignerKey, hash: string): boolean => {
  switch (key.type) {
    case 'preAuthTx':
      return false
    case 'hashX':
      return createHash('sha256').update(bytes).digest().equals(key.bytes)
    case 'ed25519':
      return bytes.length === 64 && verify(null, Buffer.from(hash, 'hex'), publicKey(key), bytes)
    case 'signedPayload':
      return bytes.length === 64 && verify(null, key.payload, publicKey(key), bytes)
  }
}

const hintOf = (key: SignerKey): Uint8Array => {
  const own = key.bytes.subarray(-4)
  if (key.type !== 'signedPayload') return own
  // A payload shorter than four bytes stands at the front.
  const payload = new Uint8Array(4)
  payload.set(key.payload.subarray(-4))
  return own.map((byte, index) => byte ^ payload[index]!)
}

const derPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const publicKeys = new Map<string, KeyObject>()

const publicKey = ({ bytes }: SignerKey): KeyObject => {
  const name = Buffer.from(bytes).toString('latin1')
  const known = publicKeys.get(name)
  if (known) return known
  const key = createPublicKey({ key: Buffer.concat([derPrefix, bytes]), format: 'der', type: 'spki' })
  publicKeys.set(name, key)
  return key
}
