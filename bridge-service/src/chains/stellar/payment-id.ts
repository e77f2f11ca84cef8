import { createHash } from 'node:crypto'
import { type Asset, Keypair } from '@stellar/stellar-sdk'

/** What makes a plain payment the one that was agreed. Accounts are G…. */
export type StellarPayment = {
  readonly networkPassphrase: string
  /** The memo, of type hash: 0x and 64 hex digits. */
  readonly ref: `0x${string}`
  readonly asset: Asset
  readonly stroops: bigint
  /** The customer, whether he pays us or is paid back. */
  readonly payer: string
  readonly hot: string
}

const domain = 'causeway stellar payment v1'

/**
 * The id of a deposit that comes as a payment, known before it comes. The same goes by its way back, which names the same ref, amount and
 * customer. The indexer computes it again from the operation that stands on the ledger.
 */
export const stellarPaymentId = ({ networkPassphrase, ref, asset, stroops, payer, hot }: StellarPayment): `0x${string}` => {
  const amount = Buffer.alloc(8)
  amount.writeBigUInt64BE(stroops)
  const sha = createHash('sha256')
  sha.update(domain, 'utf8')
  sha.update(createHash('sha256').update(networkPassphrase).digest())
  sha.update(Buffer.from(ref.slice(2), 'hex'))
  sha.update(asset.toXdrObject().toXdr())
  sha.update(amount)
  for (const account of [payer, hot]) sha.update(Keypair.fromPublicKey(account).xdrAccountId().toXdr())
  return `0x${sha.digest('hex')}`
}
