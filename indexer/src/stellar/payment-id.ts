import { createHash } from 'node:crypto'
import { Asset, StrKey } from '@stellar/stellar-sdk/base'
import type { Hash } from '../observation.ts'

/** A plain payment between a customer and the treasury, one way or the other. Accounts are G… strkeys, the token is `CODE:ISSUER` or `native`. */
export type PaymentOnLedger = {
  readonly passphrase: string
  /** The memo, of type hash. */
  readonly ref: Hash
  readonly token: string
  /** Units of 10⁻⁷. */
  readonly amount: bigint
  /** The customer. */
  readonly payer: string
  readonly hot: string
}

/**
 * The id that what was agreed gives a payment, as `escrowIdOf` gives one to a hold: what comes from somebody else, or is a stroop less, has
 * another. The bridge computes it too; the two share nothing but the vector in test/support/stellar-payment-vector.ts.
 */
export const paymentIdOf = ({ passphrase, ref, token, amount, payer, hot }: PaymentOnLedger): Hash => {
  const units = Buffer.alloc(8)
  units.writeBigInt64BE(amount)
  const bytes = Buffer.concat([
    Buffer.from('causeway stellar payment v1'),
    sha256(Buffer.from(passphrase)),
    Buffer.from(ref.slice(2), 'hex'),
    assetOf(token).toXdrObject().toXdr(),
    units,
    ...[payer, hot].map(account => Buffer.concat([Buffer.alloc(4), StrKey.decodeEd25519PublicKey(account)])),
  ])
  return `0x${sha256(bytes).toString('hex')}`
}

/** `CODE:ISSUER`, or `native`. */
export const assetOf = (token: string): Asset => {
  const [code, issuer] = token.split(':')
  return issuer === undefined ? Asset.native() : new Asset(code!, issuer)
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
