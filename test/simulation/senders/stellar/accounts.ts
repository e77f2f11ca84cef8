import { Keypair, StrKey } from '@stellar/stellar-sdk'
import type { StellarAccounts } from '../../../../bridge-service/src/chains/stellar/keys.ts'
import { mintPayer, treasury } from '../../chain/escrow.ts'

export const passphrase = 'Causeway simulation'

const nameBytes = 20
const accounts = new Map<string, string>()
const names = new Map<string, string>()

/** The account of whoever these worlds know by twenty bytes: those, behind twelve that are nothing. No two have the same. */
export const accountOf = (name: string): string => {
  const known = accounts.get(name)
  if (known !== undefined) return known
  const key = Buffer.alloc(32)
  key.write(name.slice(2), 32 - nameBytes, 'hex')
  const account = StrKey.encodeEd25519PublicKey(key)
  accounts.set(name, account)
  names.set(account, name)
  return account
}

export const nameOf = (account: string): string => {
  const name = names.get(account)
  if (name === undefined) throw new Error(`nobody is ${account}`)
  return name
}

const ours = (byte: string) => accountOf(`0x${byte.repeat(nameBytes)}`)

export const hot = accountOf(treasury)
export const issuer = accountOf(mintPayer)
export const cold = ours('2c')
const channels = ['c1', 'c2', 'c3', 'c4'].map(ours)
export const isChannel = (account: string): boolean => channels.includes(account)

/** `CODE:ISSUER`, of a currency. */
export const assetNameOf = (currency: string): string => `${currency}:${issuer}`

/** A signature that is only a name: nobody forges one in these worlds, and a real one costs more than all else of a submission. */
const keyNamed = (account: string): Keypair => {
  const pair = Keypair.fromPublicKey(account)
  const signature = Buffer.concat([pair.rawPublicKey(), pair.rawPublicKey()])
  return Object.assign(pair, { sign: () => signature })
}
const keys = new Map([hot, cold, issuer, ...channels].map(account => [account, keyNamed(account)]))

/** Somebody who has lumens, and a mind to spend them on us. */
export const stranger = accountOf(`0x${'99'.repeat(nameBytes)}`)
keys.set(stranger, keyNamed(stranger))

/** The treasury carries the reserves itself. */
export const namedAccounts = (channelCount: number): StellarAccounts => ({
  ...{ hot, cold, sponsor: hot, issuer },
  channels: channels.slice(0, channelCount),
  keyOf: account => keys.get(account),
  own: new Set([hot, cold, issuer, ...channels]),
})
