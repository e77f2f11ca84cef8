import { Asset, Claimant, type Keypair, Operation } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTarget, type Target } from '../testing/target.ts'
import { type Wallet, walletOf } from '../testing/wallet.ts'

// On the local network, or on a real one when the environment names it.
let target: Target
let wallet: Wallet
let alice: Keypair
let bob: Keypair
let carol: Keypair
let sponsor: Keypair
let usdc: Asset
let plainId: string
let sponsoredId: string
let createdIn: string

const deadline = '4102444800'

beforeAll(async () => {
  target = await openTarget()
  wallet = walletOf(target)
  alice = await wallet.fund()
  ;[bob, carol, sponsor] = (await wallet.make(alice, 3)) as [Keypair, Keypair, Keypair]
  usdc = new Asset('USDC', alice.publicKey())
  const claimants = [
    new Claimant(bob.publicKey(), Claimant.predicateBeforeAbsoluteTime(deadline)),
    new Claimant(carol.publicKey(), Claimant.predicateNot(Claimant.predicateBeforeAbsoluteTime(deadline))),
  ]
  const plain = await wallet.build(alice, [Operation.createClaimableBalance({ asset: usdc, amount: '25.5', claimants })])
  const sponsored = await wallet.build(
    bob,
    [
      Operation.beginSponsoringFutureReserves({ sponsoredId: bob.publicKey(), source: sponsor.publicKey() }),
      Operation.createClaimableBalance({ asset: Asset.native(), amount: '3', claimants: [new Claimant(carol.publicKey())] }),
      Operation.endSponsoringFutureReserves({}),
    ],
    { signers: [bob, sponsor] },
  )
  plainId = plain.getClaimableBalanceId(0)
  sponsoredId = sponsored.getClaimableBalanceId(1)
  createdIn = Buffer.from(plain.hash()).toString('hex')
  await Promise.all([plain, sponsored].map(each => target.horizon.submitTransaction(each)))
})
afterAll(() => target.close())

const ids = async (page: Promise<{ records: { id: string }[] }>) => (await page).records.map(({ id }) => id)

describe('balances', () => {
  test('one by its id, with predicates as the SDK knows them', async () => {
    const balance = await target.horizon.claimableBalances().claimableBalance(plainId).call()
    expect(balance).toMatchObject({
      id: plainId,
      asset: `USDC:${alice.publicKey()}`,
      amount: '25.5000000',
      sponsor: alice.publicKey(),
      flags: { clawback_enabled: false },
    })
    expect(balance.claimants).toEqual([
      { destination: bob.publicKey(), predicate: { abs_before: '2100-01-01T00:00:00Z', abs_before_epoch: deadline } },
      {
        destination: carol.publicKey(),
        predicate: { not: { abs_before: '2100-01-01T00:00:00Z', abs_before_epoch: deadline } },
      },
    ])
    expect(balance.paging_token).toBe(`${balance.last_modified_ledger}-${plainId}`)
  })

  test('by claimant, by sponsor, by asset, and by all of them', async () => {
    const balances = () => target.horizon.claimableBalances()
    expect(await ids(balances().claimant(bob.publicKey()).call())).toEqual([plainId])
    expect((await ids(balances().claimant(carol.publicKey()).call())).sort()).toEqual([plainId, sponsoredId].sort())
    expect(await ids(balances().sponsor(sponsor.publicKey()).call())).toEqual([sponsoredId])
    expect(await ids(balances().asset(usdc).call())).toEqual([plainId])
    expect(await ids(balances().asset(usdc).claimant(carol.publicKey()).sponsor(alice.publicKey()).call())).toEqual([plainId])
    expect(await ids(balances().asset(usdc).claimant(sponsor.publicKey()).call())).toEqual([])
  })

  test('pages go on behind the last balance, in both orders', async () => {
    const byCarol = () => target.horizon.claimableBalances().claimant(carol.publicKey()).limit(1)
    const first = await byCarol().call()
    const second = await first.next()
    expect([...first.records, ...second.records].map(({ id }) => id).sort()).toEqual([plainId, sponsoredId].sort())
    expect((await second.next()).records).toEqual([])
    expect((await second.prev()).records.map(({ id }) => id)).toEqual([first.records[0]!.id])
    expect((await byCarol().order('desc').call()).records[0]!.id).toBe(second.records[0]!.id)
  })

  test.each([
    ['/claimable_balances?claimant=GX', 'claimant'],
    ['/claimable_balances?asset=USDC', 'asset'],
    ['/claimable_balances?cursor=5', 'cursor'],
    ['/claimable_balances/00', 'id'],
  ])('%s is a bad request because of its %s', async (path, field) => {
    const answer = await fetch(`${target.url}${path}`)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ extras: { invalid_field: field } })
  })
})

describe('their history', () => {
  test('the record of the creation does not tell the id, the history of the id tells the record', async () => {
    const { records } = await target.horizon.operations().forClaimableBalance(plainId).call()
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({
      type: 'create_claimable_balance',
      type_i: 14,
      asset: `USDC:${alice.publicKey()}`,
      amount: '25.5000000',
      transaction_hash: createdIn,
    })
    expect(Object.keys(records[0]!).filter(name => name.includes('balance_id'))).toEqual([])
    const transactions = await target.horizon.transactions().forClaimableBalance(plainId).call()
    expect(transactions.records.map(({ hash }) => hash)).toEqual([createdIn])
  })

  test('a sponsored creation names its sponsor, and the end names who began', async () => {
    const { records } = await target.horizon.operations().forAccount(sponsor.publicKey()).order('desc').limit(3).call()
    expect(records).toMatchObject([
      { type: 'end_sponsoring_future_reserves', begin_sponsor: sponsor.publicKey() },
      { type: 'create_claimable_balance', sponsor: sponsor.publicKey() },
      { type: 'begin_sponsoring_future_reserves', sponsored_id: bob.publicKey(), source_account: sponsor.publicKey() },
    ])
  })

  test('claimed, it is gone; the claim is in the history of the claimer and of the id, and in nobody else’s', async () => {
    const { hash } = await wallet.send(carol, [Operation.claimClaimableBalance({ balanceId: sponsoredId })])
    const gone = await fetch(`${target.url}/claimable_balances/${sponsoredId}`)
    expect(gone.status).toBe(404)
    const ofId = await target.horizon.operations().forClaimableBalance(sponsoredId).call()
    expect(ofId.records.map(({ type }) => type)).toEqual(['create_claimable_balance', 'claim_claimable_balance'])
    expect(ofId.records[1]).toMatchObject({ balance_id: sponsoredId, claimant: carol.publicKey(), transaction_hash: hash })
    const lastOf = async (account: Keypair) =>
      (await target.horizon.operations().forAccount(account.publicKey()).order('desc').limit(1).call()).records[0]!
        .transaction_hash
    expect(await lastOf(carol)).toBe(hash)
    expect(await lastOf(bob)).not.toBe(hash)
  })

  test('payments are blind to all of it', async () => {
    const { records } = await target.horizon.payments().forAccount(bob.publicKey()).limit(200).call()
    expect(records.map(({ type }) => type)).toEqual(['create_account'])
  })
})

describe('an asset', () => {
  test('tells who holds how much of it, what waits in claimable balances included', async () => {
    const { records } = await target.horizon.assets().forCode('USDC').forIssuer(alice.publicKey()).call()
    expect(records).toMatchObject([
      {
        asset_code: 'USDC',
        asset_issuer: alice.publicKey(),
        balances: { authorized: '0.0000000', unauthorized: '0.0000000' },
        num_claimable_balances: 1,
        claimable_balances_amount: '25.5000000',
        flags: { auth_required: false },
      },
    ])
    const unknown = await target.horizon.assets().forCode('NONE').forIssuer(alice.publicKey()).call()
    expect(unknown.records).toEqual([])
  })
})
