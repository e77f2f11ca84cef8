import { FeeBumpTransaction, Keypair, Operation, Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { describe, expect, it } from 'vitest'
import { holdClaimants } from './claimants.ts'
import { createBalance } from './create-balance.ts'
import { buildEnvelope, bumpEnvelope } from './envelope.ts'
import type { StellarAccounts } from './keys.ts'
import type { Plan } from './plan.ts'

const [channel, hot, cold, sponsor, issuer] = Array.from({ length: 5 }, () => Keypair.random()) as Keypair[]
const pairs = new Map([channel, hot, cold, sponsor].map(pair => [pair!.publicKey(), pair!]))
const accounts = { keyOf: (account: string) => pairs.get(account) } as StellarAccounts
const passphrase = 'Test'
const name = (pair: Keypair | undefined) => pair!.publicKey()
const ref = `0x${'ab'.repeat(32)}` as const
const plan: Plan = {
  kind: 'plan',
  ref,
  operations: createBalance(name(sponsor), {
    ...{ token: `USDC:${name(issuer)}`, stroops: 7n, creator: name(hot) },
    claimants: holdClaimants(name(hot), name(cold), 2_000n),
  }),
  signers: [name(hot), name(sponsor)],
  latest: 1_999n,
}
const slot = { channel: name(channel), sequence: 2n ** 62n, maxTime: 1_500n, bid: 100n }
const build = (over: Partial<typeof slot> = {}) => buildEnvelope(plan, { ...slot, ...over }, passphrase, accounts)
const read = (envelope: Uint8Array) => TransactionBuilder.fromXdr(Buffer.from(envelope).toString('base64'), passphrase)

describe('the envelope of a plan', () => {
  it('has its channel as source, its ref as memo, and the signatures that it needs and no other', () => {
    const tx = read(build().envelope)
    if (!(tx instanceof Transaction)) throw new Error('no plain transaction')
    expect([tx.source, tx.sequence, tx.fee]).toEqual([name(channel), (2n ** 62n).toString(), '300'])
    expect(Buffer.from(tx.memo.value as Uint8Array).toString('hex')).toBe(ref.slice(2))
    expect(tx.operations.map(({ type, source }) => [type, source])).toEqual([
      ['beginSponsoringFutureReserves', name(sponsor)],
      ['createClaimableBalance', name(hot)],
      ['endSponsoringFutureReserves', name(hot)],
    ])
    expect(tx.signatures).toHaveLength(3)
    for (const pair of [channel, hot, sponsor])
      expect(tx.signatures.some(({ signature }) => pair!.verify(tx.hash(), signature))).toBe(true)
  })

  it('is the same bytes for the same slot, and another hash and balance for another number', () => {
    expect(build()).toEqual(build())
    const other = build({ sequence: slot.sequence + 1n })
    expect(other.hash).not.toBe(build().hash)
    expect(other.balanceIds).not.toEqual(build().balanceIds)
    expect(build().balanceIds).toEqual([expect.stringMatching(/^0{8}[0-9a-f]{64}$/)])
  })

  it('ends a second before the deadline that it depends on, if its own time does not end before', () => {
    expect(build().maxTime).toBe(1_500n)
    expect(build({ maxTime: 9_000n }).maxTime).toBe(1_999n)
  })

  it('signs once for an account with two parts', () => {
    const own = buildEnvelope(
      { ...plan, operations: [Operation.bumpSequence({ bumpTo: '1', source: name(hot) })], signers: [name(hot), name(hot)] },
      slot,
      passphrase,
      accounts,
    )
    expect(read(own.envelope).signatures).toHaveLength(2)
  })
})

describe('a fee bump', () => {
  it('is another transaction outside and the same one inside', () => {
    const inner = build()
    const bump = bumpEnvelope(inner.envelope, 1_000n, name(sponsor), passphrase, accounts)
    const tx = read(bump.envelope)
    if (!(tx instanceof FeeBumpTransaction)) throw new Error('no fee bump')
    expect(`0x${Buffer.from(tx.innerTransaction.hash()).toString('hex')}`).toBe(inner.hash)
    expect(bump.hash).not.toBe(inner.hash)
    // Per operation, and the bump counts as one.
    expect([tx.fee, tx.feeSource]).toEqual(['4000', name(sponsor)])
  })
})
