import { SignerKey as Strkey, xdr } from '@stellar/stellar-sdk/base'

/** Who may sign: a key, a transaction agreed on beforehand, whoever shows the preimage of a hash, or a key that signs a given payload. */
export type SignerKey = {
  readonly type: 'ed25519' | 'preAuthTx' | 'hashX' | 'signedPayload'
  /** Public key or hash, 32 bytes. */
  readonly bytes: Uint8Array
  /** Of `signedPayload`. */
  readonly payload: Uint8Array
  /** G…, T…, X… or P… strkey; two keys are the same when these are. */
  readonly address: string
}

const none = new Uint8Array()

export const signerKeyOf = (key: xdr.SignerKey): SignerKey => {
  const address = addressOf(key)
  switch (key.type) {
    case 'signerKeyTypeEd25519':
      return { type: 'ed25519', bytes: key.ed25519.value, payload: none, address }
    case 'signerKeyTypePreAuthTx':
      return { type: 'preAuthTx', bytes: key.preAuthTx.value, payload: none, address }
    case 'signerKeyTypeHashX':
      return { type: 'hashX', bytes: key.hashX.value, payload: none, address }
    case 'signerKeyTypeEd25519SignedPayload': {
      const { ed25519, payload } = key.ed25519SignedPayload
      return { type: 'signedPayload', bytes: ed25519.value, payload, address }
    }
  }
}

/** That agrees to the one transaction with this hash (hex). */
export const signerKeyOfTransaction = (hash: string): SignerKey => signerKeyOf(xdr.SignerKey.signerKeyTypePreAuthTx(hash))

export const signerKeyXdr = ({ type, bytes, payload }: SignerKey): xdr.SignerKey => {
  switch (type) {
    case 'ed25519':
      return xdr.SignerKey.signerKeyTypeEd25519(bytes)
    case 'preAuthTx':
      return xdr.SignerKey.signerKeyTypePreAuthTx(bytes)
    case 'hashX':
      return xdr.SignerKey.signerKeyTypeHashX(bytes)
    case 'signedPayload':
      return xdr.SignerKey.signerKeyTypeEd25519SignedPayload(new xdr.SignerKeyEd25519SignedPayload({ ed25519: bytes, payload }))
  }
}

const rank = { ed25519: 0, preAuthTx: 1, hashX: 2, signedPayload: 3 } as const

/** The order in which an account holds its signers. */
export const compareSignerKeys = (a: SignerKey, b: SignerKey): number =>
  rank[a.type] - rank[b.type] || Buffer.compare(a.bytes, b.bytes) || Buffer.compare(a.payload, b.payload)

// The strkey of an empty payload does not exist; such a key never enters the ledger, but envelopes may carry it.
const addressOf = (key: xdr.SignerKey): string =>
  key.type === 'signerKeyTypeEd25519SignedPayload' && key.ed25519SignedPayload.payload.length === 0
    ? `P-empty-${Buffer.from(key.ed25519SignedPayload.ed25519.value).toString('hex')}`
    : Strkey.encodeSignerKey(key)
