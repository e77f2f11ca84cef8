import { createHash } from 'node:crypto'
import { StrKey } from '@stellar/stellar-sdk/base'
import type { Hash } from '../observation.ts'
import { assetOf } from './payment-id.ts'

/** A hold as it stands on the ledger. Accounts are G… strkeys, the token is `CODE:ISSUER` or `native`. */
export type HoldOnLedger = {
  readonly passphrase: string
  readonly ref: Hash
  readonly token: string
  /** Units of 10⁻⁷. */
  readonly amount: bigint
  /** The account that the operation took the money from. */
  readonly payer: string
  /** May claim before `refundAfter`. */
  readonly hot: string
  /** May claim from `refundAfter` on. */
  readonly cold: string
  /** Unix seconds. */
  readonly refundAfter: bigint
}

/**
 * The id that the terms of a hold give it, so that a look-alike under a copied ref has another one. The bridge computes it too, from what
 * it wants; the two share nothing but the vector in test/support/stellar-hold-vector.ts.
 */
export const escrowIdOf = (hold: HoldOnLedger): Hash => {
  const bytes = Buffer.concat([
    Buffer.from('causeway stellar hold v1'),
    sha256(Buffer.from(hold.passphrase)),
    Buffer.from(hold.ref.slice(2), 'hex'),
    assetOf(hold.token).toXdrObject().toXdr(),
    int64(hold.amount),
    accountId(hold.payer),
    accountId(hold.hot),
    accountId(hold.cold),
    int64(hold.refundAfter),
  ])
  return `0x${sha256(bytes).toString('hex')}`
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** Of the same bytes as a uint64: neither an amount nor a time is ever negative here. */
const int64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** XDR: the only key type there is, and the key. */
const accountId = (account: string) => Buffer.concat([Buffer.alloc(4), StrKey.decodeEd25519PublicKey(account)])
