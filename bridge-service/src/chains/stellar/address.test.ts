import { encodeMuxedAccountToAddress, Keypair, StrKey, xdr } from '@stellar/stellar-sdk'
import { describe, expect, it } from 'vitest'
import { baseAccountOf, isMuxed, parseStellarAddress } from './address.ts'

const customer = Keypair.random().publicKey()
const issuer = Keypair.random().publicKey()
const muxedOf = (account: string, id: bigint) =>
  encodeMuxedAccountToAddress(
    xdr.MuxedAccount.keyTypeMuxedEd25519(
      new xdr.MuxedAccountMed25519({ id, ed25519: Keypair.fromPublicKey(account).rawPublicKey() }),
    ),
  )
const slipOf = (address: string) => `${address.slice(0, 20)}${address[20] === 'A' ? 'B' : 'A'}${address.slice(21)}`
const parse = (text: string) => parseStellarAddress(text, new Set([issuer]))

describe('an address on Stellar', () => {
  it('is an account, or a customer of one', () => {
    const muxed = muxedOf(customer, 7n)
    expect(parse(customer)).toBe(customer)
    expect(parse(muxed)).toBe(muxed)
    expect([isMuxed(customer), isMuxed(muxed)]).toEqual([false, true])
    expect(baseAccountOf(muxed)).toBe(customer)
  })

  it.each([
    ['a slip of the pen', slipOf(customer), 'address_checksum_invalid'],
    ['a slip in a muxed one', slipOf(muxedOf(customer, 7n)), 'address_checksum_invalid'],
    ['a contract', StrKey.encodeContract(new Uint8Array(32).fill(7)), 'address_invalid'],
    ['a claimable balance', StrKey.encodeClaimableBalance(new Uint8Array(33)), 'address_invalid'],
    ['a secret key', Keypair.random().secret(), 'address_invalid'],
    ['an EVM address', `0x${'11'.repeat(20)}`, 'address_invalid'],
    ['one of another length', customer.slice(0, -1), 'address_invalid'],
    ['lower case', customer.toLowerCase(), 'address_invalid'],
    ['nothing', '', 'address_invalid'],
    ['one of our own', issuer, 'address_invalid'],
    ['a customer of one of our own', muxedOf(issuer, 1n), 'address_invalid'],
  ])('is not %s', (_what, text, code) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code }))
  })
})
