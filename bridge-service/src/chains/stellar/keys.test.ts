import { Keypair } from '@stellar/stellar-sdk'
import { describe, expect, it } from 'vitest'
import type { StellarConfig } from './config.ts'
import { stellarAccounts } from './keys.ts'

const [treasury, cold, sponsor, issuer, one, two] = Array.from({ length: 6 }, () => Keypair.random()) as [
  Keypair,
  Keypair,
  Keypair,
  Keypair,
  Keypair,
  Keypair,
]
const config = {
  assets: { USDC: { code: 'USDC', issuer: issuer.publicKey() } },
  accounts: { treasury: treasury.publicKey(), cold: cold.publicKey(), channels: [one.publicKey(), two.publicKey()] },
  keys: { treasury: treasury.secret(), channels: [one.secret()] },
} as unknown as StellarConfig
const read = (over: { accounts?: object; keys?: object }) =>
  stellarAccounts({
    ...config,
    accounts: { ...config.accounts, ...over.accounts },
    keys: { ...config.keys, ...over.keys },
  } as StellarConfig)

describe('the bridge’s own accounts', () => {
  it('lend only the channels whose keys are here, and none of them is a customer', () => {
    const accounts = read({})
    expect(accounts.channels).toEqual([one.publicKey()])
    expect(accounts.sponsor).toBe(treasury.publicKey())
    for (const own of [treasury, cold, issuer, one, two]) expect(accounts.own.has(own.publicKey())).toBe(true)
    expect(accounts.keyOf(cold.publicKey())).toBeUndefined()
  })

  it.each([
    ['a key of another account', { keys: { treasury: cold.secret() } }],
    ['a key that is none', { keys: { treasury: 'SECRET' } }],
    ['a channel that is not listed', { keys: { channels: [cold.secret()] } }],
    ['no channel at all', { keys: { channels: [] } }],
    ['a sponsor without its key', { accounts: { sponsor: sponsor.publicKey() } }],
    ['one account on both sides of a deadline', { accounts: { cold: treasury.publicKey() } }],
    ['a treasury that is a channel', { accounts: { channels: [one.publicKey(), treasury.publicKey()] } }],
  ])('are refused with %s, and the key is not told', (_what, over) => {
    let refusal: unknown
    try {
      read(over)
    } catch (error) {
      refusal = error
    }
    expect(refusal).toMatchObject({ code: 'config_invalid' })
    expect(JSON.stringify(refusal)).not.toContain('SECRET')
    expect(JSON.stringify(refusal)).not.toContain(cold.secret())
  })
})
