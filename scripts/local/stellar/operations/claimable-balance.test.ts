import { Asset, Claimant, type Keypair, Operation, xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import type { Order } from '../testing/world.ts'
import { keypairOf, openWorld } from '../testing/world.ts'

const required = 1
const revocable = 2
const clawback = 8

/** Hot and cold hands, an issuer, and a holder with a hundred of his euros. */
const prepared = (issuerFlags = 0) => {
  const world = openWorld()
  const [issuer, holder, hot, cold] = ['issuer', 'holder', 'hot', 'cold'].map(name => world.person(name)) as [
    Keypair,
    Keypair,
    Keypair,
    Keypair,
  ]
  const asset = new Asset('EUR', issuer.publicKey())
  if (issuerFlags) world.run({ source: issuer, operations: [Operation.setOptions({ setFlags: issuerFlags as never })] })
  const allow = (who: Keypair, flags: object = { authorized: true }) =>
    world.run({ source: issuer, operations: [Operation.setTrustLineFlags({ trustor: who.publicKey(), asset, flags })] })
  const trusting = (who: Keypair, limit?: string) => {
    world.trust(who, asset, limit)
    if (issuerFlags & required) allow(who)
  }
  const pay = (from: Keypair, to: Keypair, amount: string) =>
    world.run({ source: from, operations: [Operation.payment({ destination: to.publicKey(), asset, amount })] })
  trusting(holder)
  pay(issuer, holder, '100')
  const lock = (source: Keypair, claimants: Claimant[], amount = '10') => {
    const order = { source, operations: [Operation.createClaimableBalance({ asset, amount, claimants })] }
    const id = world.build(order).getClaimableBalanceId(0)
    return { told: world.run(order), id }
  }
  const claim = (source: Keypair, balanceId: string) =>
    world.run({ source, operations: [Operation.claimClaimableBalance({ balanceId })] })
  const takeBack = (source: Keypair, balanceId: string) =>
    world.run({ source, operations: [Operation.clawbackClaimableBalance({ balanceId })] })
  const balanceOf = (who: Keypair) => world.network.state.trustline(who.publicKey(), `EUR:${issuer.publicKey()}`)!.balance
  const now = () => world.network.last().closeTime
  return { ...world, issuer, holder, hot, cold, asset, allow, trusting, pay, lock, claim, takeBack, balanceOf, now }
}

const before = (time: number) => Claimant.predicateBeforeAbsoluteTime(`${time}`)
const notBefore = (time: number) => Claimant.predicateNot(before(time))
const open = (...who: Keypair[]) => who.map(one => new Claimant(one.publicKey()))

describe('a balance', () => {
  it('goes to the one until a second and to the other from it on: no gap, no overlap', () => {
    const { lock, claim, holder, hot, cold, trusting, balanceOf, now, close } = prepared()
    trusting(hot)
    trusting(cold)
    const deadline = now() + 100
    const claimants = [new Claimant(hot.publicKey(), before(deadline)), new Claimant(cold.publicKey(), notBefore(deadline))]
    const [first, second] = [lock(holder, claimants).id, lock(holder, claimants).id]
    expect(claim(cold, first).operations).toEqual(['claimClaimableBalanceCannotClaim'])
    close(deadline - 1 - now() - 5)
    expect(claim(hot, first).code).toBe('txSuccess')
    expect(now()).toBe(deadline - 1)
    expect(claim(hot, second).operations).toEqual(['claimClaimableBalanceCannotClaim'])
    expect(claim(cold, second).code).toBe('txSuccess')
    expect([balanceOf(hot), balanceOf(cold)]).toEqual([100_000_000n, 100_000_000n])
    expect(claim(cold, second).operations).toEqual(['claimClaimableBalanceDoesNotExist'])
  })

  it('binds a reserve for each claimant until it is claimed', () => {
    const { lock, claim, holder, hot, cold, trusting, account } = prepared()
    trusting(hot)
    const { id } = lock(holder, open(hot, cold))
    expect(account(holder)).toMatchObject({ sponsoring: 2, subentries: 1 })
    claim(hot, id)
    expect(account(holder)).toMatchObject({ sponsoring: 0, subentries: 1 })
  })

  it('is what the SDK says it will be called, and stands in the ledger as it was ordered', () => {
    const { lock, holder, hot, network } = prepared()
    const { id } = lock(holder, open(hot))
    expect(network.state.claimableBalance(id.slice(8))).toMatchObject({
      amount: 100_000_000n,
      claimants: [{ destination: hot.publicKey() }],
      sponsor: holder.publicKey(),
      clawbackEnabled: false,
      lastModified: network.last().sequence,
    })
  })

  it('asks of the claimant a line, authorized and with room', () => {
    const { lock, claim, holder, hot, cold, trusting, allow, issuer } = prepared(required | revocable)
    const { id } = lock(holder, open(hot, cold))
    expect(claim(hot, id).operations).toEqual(['claimClaimableBalanceNoTrust'])
    trusting(hot, '9')
    expect(claim(hot, id).operations).toEqual(['claimClaimableBalanceLineFull'])
    allow(hot, { authorized: false, authorizedToMaintainLiabilities: true })
    expect(claim(hot, id).operations).toEqual(['claimClaimableBalanceNotAuthorized'])
    expect(claim(issuer, id).operations).toEqual(['claimClaimableBalanceCannotClaim'])
  })

  it('is burnt by its issuer’s claim, as it was minted by his lock', () => {
    const { lock, claim, issuer, holder, takeBack } = prepared()
    const { id, told } = lock(issuer, open(issuer, holder))
    expect(told.code).toBe('txSuccess')
    expect(takeBack(issuer, id).operations).toEqual(['clawbackClaimableBalanceNotClawbackEnabled'])
    expect(claim(issuer, id).code).toBe('txSuccess')
  })
})

describe('clawback', () => {
  it('follows the line of the creator as it was at the creation', () => {
    const { lock, takeBack, issuer, holder, hot, run } = prepared(revocable | clawback)
    const { id } = lock(holder, open(hot))
    expect(takeBack(holder, id).operations).toEqual(['clawbackClaimableBalanceNotIssuer'])
    run({ source: issuer, operations: [Operation.setOptions({ clearFlags: clawback as never })] })
    expect(takeBack(issuer, id).code).toBe('txSuccess')
    expect(takeBack(issuer, id).operations).toEqual(['clawbackClaimableBalanceDoesNotExist'])
  })

  it('follows the flag of the issuer when he created it himself', () => {
    const { lock, takeBack, issuer, hot } = prepared(revocable | clawback)
    const { id } = lock(issuer, open(hot))
    expect(takeBack(issuer, id).code).toBe('txSuccess')
  })

  it('is out of reach when the line gave it up before', () => {
    const { lock, takeBack, allow, issuer, holder, hot } = prepared(revocable | clawback)
    expect(allow(holder, { clawbackEnabled: false }).code).toBe('txSuccess')
    const { id } = lock(holder, open(hot))
    expect(takeBack(issuer, id).operations).toEqual(['clawbackClaimableBalanceNotClawbackEnabled'])
  })

  it('takes from a line, even a frozen one, what is there', () => {
    const { run, allow, issuer, holder, asset, balanceOf } = prepared(revocable | clawback)
    const take = (amount: string) =>
      run({ source: issuer, operations: [Operation.clawback({ asset, from: holder.publicKey(), amount })] })
    expect(take('101').operations).toEqual(['clawbackUnderfunded'])
    expect(allow(holder, { authorized: false }).code).toBe('txSuccess')
    expect(take('40').code).toBe('txSuccess')
    expect(balanceOf(holder)).toBe(600_000_000n)
  })
})

describe('authorization', () => {
  it('is withdrawn only by an issuer who kept the right to', () => {
    const { allow, holder } = prepared(required)
    expect(allow(holder, { authorized: false }).operations).toEqual(['setTrustLineFlagsCantRevoke'])
  })

  it('has one level at a time', () => {
    const { allow, holder } = prepared(required | revocable)
    expect(allow(holder, { authorizedToMaintainLiabilities: true }).operations).toEqual(['setTrustLineFlagsInvalidState'])
  })

  it('lets nothing in or out when it is not full', () => {
    const { allow, pay, lock, holder, issuer, hot } = prepared(required | revocable)
    allow(holder, { authorized: false, authorizedToMaintainLiabilities: true })
    expect(pay(issuer, holder, '1').operations).toEqual(['paymentNotAuthorized'])
    expect(pay(holder, issuer, '1').operations).toEqual(['paymentSrcNotAuthorized'])
    expect(lock(holder, open(hot)).told.operations).toEqual(['createClaimableBalanceNotAuthorized'])
  })
})

describe('what cannot be a balance', () => {
  const deep = (levels: number): xdr.ClaimPredicate =>
    levels === 1 ? xdr.ClaimPredicate.claimPredicateUnconditional() : xdr.ClaimPredicate.claimPredicateNot(deep(levels - 1))
  const half = xdr.ClaimPredicate.claimPredicateOr([xdr.ClaimPredicate.claimPredicateUnconditional()])
  const cases: [string, xdr.ClaimPredicate, string][] = [
    ['four levels of predicates', deep(4), 'txSuccess'],
    ['five levels', deep(5), 'refused txFailed'],
    ['a branch without its pair', half, 'refused txFailed'],
    ['a not of nothing', xdr.ClaimPredicate.claimPredicateNot(null), 'refused txFailed'],
    ['a time before all time', xdr.ClaimPredicate.claimPredicateBeforeAbsoluteTime(-1n), 'refused txFailed'],
  ]
  it.each(cases)('%s', (_what, predicate, code) => {
    const { run, holder, hot, asset } = prepared()
    const claimants = [new Claimant(hot.publicKey(), predicate)]
    expect(run({ source: holder, operations: [Operation.createClaimableBalance({ asset, amount: '1', claimants })] }).code).toBe(
      code,
    )
  })

  it('the same claimant twice', () => {
    const { lock, holder, hot } = prepared()
    expect(lock(holder, open(hot, hot)).told.operations).toEqual(['createClaimableBalanceMalformed'])
  })
})

it('holds a relative time as the second it means, up to the end of time', () => {
  const { run, holder, hot, asset, network } = prepared()
  const within = (seconds: bigint) => xdr.ClaimPredicate.claimPredicateBeforeRelativeTime(seconds)
  const order = (predicate: xdr.ClaimPredicate): Order => ({
    source: holder,
    operations: [Operation.createClaimableBalance({ asset, amount: '1', claimants: [new Claimant(hot.publicKey(), predicate)] })],
  })
  const forever = 2n ** 63n - 1n
  for (const seconds of [60n, forever]) expect(run(order(within(seconds))).code).toBe('txSuccess')
  const kept = network.state.claimableBalances().map(({ claimants }) => claimants[0]!.predicate)
  const created = BigInt(network.bySequence(network.last().sequence - 1)!.closeTime)
  expect(kept).toEqual([
    xdr.ClaimPredicate.claimPredicateBeforeAbsoluteTime(created + 60n),
    xdr.ClaimPredicate.claimPredicateBeforeAbsoluteTime(forever),
  ])
})

it('needs no issuer to be burnt: a payment to one who is gone succeeds', () => {
  const { run, pay, issuer, holder, hot } = prepared()
  expect(run({ source: issuer, operations: [Operation.accountMerge({ destination: hot.publicKey() })] }).code).toBe('txSuccess')
  expect(pay(holder, issuer, '10').code).toBe('txSuccess')
  expect(pay(holder, keypairOf('nobody'), '10').operations).toEqual(['paymentNoDestination'])
})
