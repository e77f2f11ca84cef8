import { Asset, Claimant, type Keypair, Operation, type xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import { keypairOf, openWorld } from '../testing/world.ts'

/** Alice, whose reserves Sam may bear, and Tom instead of him. */
const prepared = () => {
  const world = openWorld()
  const [alice, sam, tom, issuer] = ['alice', 'sam', 'tom', 'issuer'].map(name => world.person(name, '10')) as [
    Keypair,
    Keypair,
    Keypair,
    Keypair,
  ]
  const asset = new Asset('EUR', issuer.publicKey())
  const between = (sponsor: Keypair, sponsored: Keypair, ...operations: xdr.Operation[]) =>
    world.run({
      source: sponsor,
      signers: [sponsor, sponsored],
      operations: [
        Operation.beginSponsoringFutureReserves({ sponsoredId: sponsored.publicKey() }),
        ...operations,
        Operation.endSponsoringFutureReserves({ source: sponsored.publicKey() }),
      ],
    })
  const counts = () => ({
    alice: [world.account(alice).sponsoring, world.account(alice).sponsored],
    sam: [world.account(sam).sponsoring, world.account(sam).sponsored],
    tom: [world.account(tom).sponsoring, world.account(tom).sponsored],
  })
  const line = { account: alice.publicKey(), asset }
  return { ...world, alice, sam, tom, issuer, asset, between, counts, line }
}

const of = (who: Keypair) => ({ source: who.publicKey() })

describe('the sponsorship of a trustline', () => {
  it('is taken on, handed on, and given back', () => {
    const { between, alice, sam, tom, asset, line, run, counts, network } = prepared()
    expect(between(sam, alice, Operation.changeTrust({ asset, ...of(alice) })).code).toBe('txSuccess')
    expect(counts()).toEqual({ alice: [0, 1], sam: [1, 0], tom: [0, 0] })
    // Sam, himself under Tom's wing for a moment, gives it to Tom.
    expect(between(tom, sam, Operation.revokeTrustlineSponsorship({ ...line, ...of(sam) })).code).toBe('txSuccess')
    expect(counts()).toEqual({ alice: [0, 1], sam: [0, 0], tom: [1, 0] })
    expect(network.state.trustline(alice.publicKey(), `EUR:${asset.issuer}`)!.sponsor).toBe(tom.publicKey())
    expect(run({ source: tom, operations: [Operation.revokeTrustlineSponsorship(line)] }).code).toBe('txSuccess')
    expect(counts()).toEqual({ alice: [0, 0], sam: [0, 0], tom: [0, 0] })
  })

  it('is established later by the owner, under a wing', () => {
    const { between, alice, sam, asset, line, trust, counts } = prepared()
    trust(alice, asset)
    expect(between(sam, alice, Operation.revokeTrustlineSponsorship({ ...line, ...of(alice) })).code).toBe('txSuccess')
    expect(counts()).toMatchObject({ alice: [0, 1], sam: [1, 0] })
  })

  it('is nobody else’s to revoke, and not even its own sponsor’s when the owner could not bear it', () => {
    const { between, alice, sam, tom, asset, line, run, account } = prepared()
    between(sam, alice, Operation.changeTrust({ asset, ...of(alice) }))
    for (const stranger of [alice, tom])
      expect(run({ source: stranger, operations: [Operation.revokeTrustlineSponsorship(line)] }).operations).toEqual([
        'revokeSponsorshipNotSponsor',
      ])
    const spare = account(alice).balance - 10_000_000n - 100n
    run({
      source: alice,
      operations: [
        Operation.payment({
          destination: tom.publicKey(),
          asset: Asset.native(),
          amount: `${spare / 10_000_000n}.${`${spare % 10_000_000n}`.padStart(7, '0')}`,
        }),
      ],
    })
    expect(run({ source: sam, operations: [Operation.revokeTrustlineSponsorship(line)] }).operations).toEqual([
      'revokeSponsorshipLowReserve',
    ])
  })

  it('cannot be revoked of what is not there', () => {
    const { alice, line, run } = prepared()
    expect(run({ source: alice, operations: [Operation.revokeTrustlineSponsorship(line)] }).operations).toEqual([
      'revokeSponsorshipDoesNotExist',
    ])
  })

  it('comes to nothing when it was the owner’s and stays it', () => {
    const { alice, asset, line, trust, run, counts } = prepared()
    trust(alice, asset)
    expect(run({ source: alice, operations: [Operation.revokeTrustlineSponsorship(line)] }).code).toBe('txSuccess')
    expect(counts()).toMatchObject({ alice: [0, 0] })
  })
})

describe('the sponsorship of other things', () => {
  it('of data', () => {
    const { between, alice, sam, run, counts } = prepared()
    between(sam, alice, Operation.manageData({ name: 'note', value: 'x', ...of(alice) }))
    expect(counts()).toMatchObject({ alice: [0, 1], sam: [1, 0] })
    const revoke = Operation.revokeDataSponsorship({ account: alice.publicKey(), name: 'note' })
    expect(run({ source: sam, operations: [revoke] }).code).toBe('txSuccess')
    expect(counts()).toMatchObject({ alice: [0, 0], sam: [0, 0] })
  })

  it('of a whole account: two reserves', () => {
    const { between, sam, run, account } = prepared()
    const born = keypairOf('born')
    const { code } = between(sam, born, Operation.createAccount({ destination: born.publicKey(), startingBalance: '0' }))
    expect(code).toBe('txSuccess')
    expect([account(sam).sponsoring, account(born).sponsored, account(born).balance]).toEqual([2, 2, 0n])
    const revoke = Operation.revokeAccountSponsorship({ account: born.publicKey() })
    expect(run({ source: sam, operations: [revoke] }).operations).toEqual(['revokeSponsorshipLowReserve'])
    run({ source: sam, operations: [Operation.payment({ destination: born.publicKey(), asset: Asset.native(), amount: '1' })] })
    expect(run({ source: sam, operations: [revoke] }).code).toBe('txSuccess')
    expect([account(sam).sponsoring, account(born).sponsored]).toEqual([0, 0])
  })

  it('of a signer', () => {
    const { between, alice, sam, tom, run, account, counts } = prepared()
    const signer = { ed25519PublicKey: keypairOf('signer').publicKey() }
    between(sam, alice, Operation.setOptions({ signer: { ...signer, weight: 1 }, ...of(alice) }))
    expect(account(alice).signers).toMatchObject([{ sponsor: sam.publicKey() }])
    const revoke = { account: alice.publicKey(), signer }
    expect(run({ source: tom, operations: [Operation.revokeSignerSponsorship(revoke)] }).operations).toEqual([
      'revokeSponsorshipNotSponsor',
    ])
    expect(between(tom, sam, Operation.revokeSignerSponsorship({ ...revoke, ...of(sam) })).code).toBe('txSuccess')
    expect(counts()).toEqual({ alice: [0, 1], sam: [0, 0], tom: [1, 0] })
    expect(run({ source: tom, operations: [Operation.revokeSignerSponsorship(revoke)] }).code).toBe('txSuccess')
    expect(account(alice).signers).toMatchObject([{ sponsor: null }])
    expect(counts()).toEqual({ alice: [0, 0], sam: [0, 0], tom: [0, 0] })
  })

  it('of a claimable balance, which can only be handed on', () => {
    const { between, sam, tom, run, counts, network } = prepared()
    const claimants = [new Claimant(tom.publicKey()), new Claimant(keypairOf('other').publicKey())]
    run({ source: sam, operations: [Operation.createClaimableBalance({ asset: Asset.native(), amount: '1', claimants })] })
    const [balance] = network.state.claimableBalances()
    const revoke = { balanceId: `00000000${balance!.id}` }
    expect(counts()).toMatchObject({ sam: [2, 0] })
    expect(run({ source: sam, operations: [Operation.revokeClaimableBalanceSponsorship(revoke)] }).operations).toEqual([
      'revokeSponsorshipOnlyTransferable',
    ])
    expect(between(tom, sam, Operation.revokeClaimableBalanceSponsorship({ ...revoke, ...of(sam) })).code).toBe('txSuccess')
    expect(counts()).toMatchObject({ sam: [0, 0], tom: [2, 0] })
    expect(run({ source: tom, operations: [Operation.claimClaimableBalance({ balanceId: revoke.balanceId })] }).code).toBe(
      'txSuccess',
    )
    expect(counts()).toMatchObject({ tom: [0, 0] })
  })
})

describe('a sponsorship that was begun', () => {
  it('must be ended', () => {
    const { sam, alice, run, account } = prepared()
    const { balance } = account(sam)
    const begin = Operation.beginSponsoringFutureReserves({ sponsoredId: alice.publicKey() })
    expect(run({ source: sam, operations: [begin] })).toMatchObject({ code: 'txBadSponsorship', operations: [] })
    expect(account(sam).balance).toBe(balance - 100n)
  })

  it('is neither doubled nor nested, and ended by the sponsored alone', () => {
    const { sam, tom, alice, run } = prepared()
    const begin = (sponsor: Keypair, sponsored: Keypair) =>
      Operation.beginSponsoringFutureReserves({ sponsoredId: sponsored.publicKey(), ...of(sponsor) })
    const end = Operation.endSponsoringFutureReserves(of(alice))
    const told = run({
      source: sam,
      signers: [sam, tom, alice],
      operations: [
        begin(sam, alice),
        begin(tom, alice),
        begin(alice, tom),
        begin(tom, sam),
        Operation.endSponsoringFutureReserves({}),
        end,
      ],
    })
    expect(told.operations).toEqual([
      'beginSponsoringFutureReservesSuccess',
      'beginSponsoringFutureReservesAlreadySponsored',
      'beginSponsoringFutureReservesRecursive',
      'beginSponsoringFutureReservesRecursive',
      'endSponsoringFutureReservesNotSponsored',
      'endSponsoringFutureReservesSuccess',
    ])
  })
})
