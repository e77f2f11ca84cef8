import { Keypair } from '@stellar/stellar-sdk'
import { BridgeError } from '../../errors.ts'
import type { StellarConfig } from './config.ts'

/** The bridge's own accounts, and the keys that this process has of them. */
export type StellarAccounts = {
  /** Claims before a hold's deadline; also the payer of what is not minted. */
  readonly hot: string
  /** Claims from the deadline on. */
  readonly cold: string
  /** Carries the reserves of balances; the treasury itself where no other is configured. */
  readonly sponsor: string
  readonly issuer: string | undefined
  readonly channels: readonly string[]
  readonly keyOf: (account: string) => Keypair | undefined
  /** Customers cannot be any of these. */
  readonly own: ReadonlySet<string>
}

/** Throws `config_invalid`, and never with a key. */
export const stellarAccounts = ({ accounts, keys, assets }: StellarConfig): StellarAccounts => {
  const pairs = new Map<string, Keypair>()
  const adopt = (setting: string, account: string | undefined, secret: string | undefined) => {
    if (secret === undefined) return
    const pair = pairOf(secret, setting)
    if (pair.publicKey() !== account)
      throw new BridgeError('config_invalid', { setting, reason: 'is the key of another account' })
    pairs.set(account, pair)
  }
  adopt('treasury', accounts.treasury, keys.treasury)
  adopt('cold', accounts.cold, keys.cold)
  adopt('sponsor', accounts.sponsor, keys.sponsor)
  adopt('issuer', accounts.issuer, keys.issuer)
  for (const secret of keys.channels) {
    const pair = pairOf(secret, 'channels')
    if (!accounts.channels.includes(pair.publicKey()))
      throw new BridgeError('config_invalid', { setting: 'channels', reason: 'is the key of another account' })
    pairs.set(pair.publicKey(), pair)
  }
  const channels = accounts.channels.filter(channel => pairs.has(channel))
  const sponsor = accounts.sponsor ?? accounts.treasury
  for (const [setting, account] of Object.entries({ treasury: accounts.treasury, sponsor }))
    if (!pairs.has(account)) throw new BridgeError('config_invalid', { setting, reason: 'its key is needed' })
  if (channels.length === 0) throw new BridgeError('config_invalid', { setting: 'channels', reason: 'none whose key is here' })
  // One account in two parts would let one wish consume another's sequence number, or claim on both sides of a deadline.
  const parts = [accounts.treasury, accounts.cold, ...accounts.channels]
  if (new Set(parts).size !== parts.length)
    throw new BridgeError('config_invalid', { setting: 'accounts', reason: 'treasury, cold and channels are different accounts' })
  return {
    hot: accounts.treasury,
    cold: accounts.cold,
    sponsor,
    issuer: accounts.issuer,
    channels,
    keyOf: account => pairs.get(account),
    own: new Set([
      ...parts,
      sponsor,
      ...(accounts.issuer === undefined ? [] : [accounts.issuer]),
      ...Object.values(assets).map(({ issuer }) => issuer),
    ]),
  }
}

const pairOf = (secret: string, setting: string): Keypair => {
  try {
    return Keypair.fromSecret(secret)
  } catch {
    throw new BridgeError('config_invalid', { setting, reason: 'is no secret key' })
  }
}
