import { Asset, Claimant, Operation } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import { keypairOf, openWorld } from '../testing/world.ts'

const merge = (to: string, source?: string) =>
  Operation.accountMerge({ destination: to, ...(source === undefined ? {} : { source }) })

const prepared = () => {
  const world = openWorld()
  const alice = world.person('alice')
  const heir = world.person('heir')
  const merged = () => world.run({ source: alice, operations: [merge(heir.publicKey())] })
  const options = (set: object) => world.run({ source: alice, operations: [Operation.setOptions(set)] })
  return { ...world, alice, heir, merged, options }
}

describe('a merge', () => {
  it('hands everything over and ends the account', () => {
    const { merged, account, alice, heir, network } = prepared()
    expect(merged()).toMatchObject({ code: 'txSuccess', operations: ['accountMergeSuccess'] })
    expect(network.state.account(alice.publicKey())).toBeUndefined()
    expect(account(heir).balance).toBe(10_000_000_000n + 10_000_000_000n - 100n)
  })

  it('takes signers along, and gives back to their sponsor what he bore', () => {
    const { merged, account, alice, heir, run } = prepared()
    const signer = { ed25519PublicKey: keypairOf('signer').publicKey(), weight: 1 }
    const sponsored = run({
      source: heir,
      signers: [heir, alice],
      operations: [
        Operation.beginSponsoringFutureReserves({ sponsoredId: alice.publicKey() }),
        Operation.setOptions({ signer, source: alice.publicKey() }),
        Operation.endSponsoringFutureReserves({ source: alice.publicKey() }),
      ],
    })
    expect(sponsored.code).toBe('txSuccess')
    expect(account(heir).sponsoring).toBe(1)
    expect(account(alice)).toMatchObject({ subentries: 1, sponsored: 1 })
    expect(merged().code).toBe('txSuccess')
    expect(account(heir).sponsoring).toBe(0)
  })

  it('needs an heir who exists', () => {
    const { alice, run } = prepared()
    expect(run({ source: alice, operations: [merge(keypairOf('nobody').publicKey())] }).operations).toEqual([
      'accountMergeNoAccount',
    ])
  })

  it('is refused while anything but signers hangs on the account', () => {
    const { run, alice, heir, merged } = prepared()
    run({ source: alice, operations: [Operation.changeTrust({ asset: new Asset('EUR', heir.publicKey()) })] })
    expect(merged().operations).toEqual(['accountMergeHasSubEntries'])
  })

  it('is refused to an account that promised never to change', () => {
    const { merged, options } = prepared()
    options({ setFlags: 4 })
    expect(merged().operations).toEqual(['accountMergeImmutableSet'])
  })

  it('is refused while the account bears reserves of others, its own claimable balances among them', () => {
    const { run, alice, heir, merged } = prepared()
    const claimants = [new Claimant(heir.publicKey())]
    const balance = Operation.createClaimableBalance({ asset: Asset.native(), amount: '1', claimants })
    expect(run({ source: alice, operations: [balance] }).code).toBe('txSuccess')
    expect(merged().operations).toEqual(['accountMergeIsSponsor'])
  })

  it('is refused while it has begun to sponsor', () => {
    const { run, alice, heir } = prepared()
    const told = run({
      source: alice,
      signers: [alice, heir],
      operations: [
        Operation.beginSponsoringFutureReserves({ sponsoredId: heir.publicKey() }),
        merge(heir.publicKey()),
        Operation.endSponsoringFutureReserves({ source: heir.publicKey() }),
      ],
    })
    expect(told.operations).toEqual([
      'beginSponsoringFutureReservesSuccess',
      'accountMergeIsSponsor',
      'endSponsoringFutureReservesSuccess',
    ])
  })

  it('is refused when the account, created anew, would count backwards', () => {
    const { run, alice, merged, network } = prepared()
    const far = BigInt(network.last().sequence + 2) << 32n
    run({ source: alice, operations: [Operation.bumpSequence({ bumpTo: `${far}` })] })
    expect(merged().operations).toEqual(['accountMergeSeqnumTooFar'])
  })

  it('ends what a later operation of the same account could do', () => {
    const { run, alice, heir } = prepared()
    const told = run({ source: alice, operations: [merge(heir.publicKey()), Operation.bumpSequence({ bumpTo: '1' })] })
    expect(told).toMatchObject({ code: 'txFailed', operations: ['accountMergeSuccess', 'opNoAccount'] })
  })
})
