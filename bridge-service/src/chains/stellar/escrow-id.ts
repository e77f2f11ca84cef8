import { createHash } from 'node:crypto'
import { type Asset, Keypair } from '@stellar/stellar-sdk'

/** What makes a hold the one that it is. Accounts are G…, times Unix seconds. */
export type StellarHold = {
  readonly networkPassphrase: string
  /** 0x and 64 hex digits. */
  readonly ref: `0x${string}`
  readonly asset: Asset
  readonly stroops: bigint
  /** The source of the operation that creates the balance: the treasury, or the issuer who mints into it. */
  readonly payer: string
  readonly hot: string
  readonly cold: string
  /** Before it hot can claim, from it on cold. */
  readonly refundAfter: bigint
}

const domain = 'causeway stellar hold v1'

/**
 * The id of a hold, known before anything is sent. A claimable balance has an id of its own, but that comes from the transaction that
 * creates it, not from its terms; the indexer computes this one again from the operation that stands on the ledger (ADR 10).
 */
export const stellarEscrowId = (hold: StellarHold): `0x${string}` => {
  const sha = createHash('sha256')
  sha.update(domain, 'utf8')
  sha.update(createHash('sha256').update(hold.networkPassphrase).digest())
  sha.update(Buffer.from(hold.ref.slice(2), 'hex'))
  sha.update(hold.asset.toXdrObject().toXdr())
  sha.update(int64(hold.stroops))
  for (const account of [hold.payer, hold.hot, hold.cold]) sha.update(Keypair.fromPublicKey(account).xdrAccountId().toXdr())
  sha.update(int64(hold.refundAfter))
  return `0x${sha.digest('hex')}`
}

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
