import { Asset, encodeMuxedAccountToAddress, Keypair, Operation, xdr } from '@stellar/stellar-sdk'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { frozenAt, isRealNetwork, newKey, type StellarScene, startStellarWorld } from '../../../../test/support/stellar-world.ts'
import { until } from '../../../../test/support/until.ts'
import type { ChainOrder, HoldTerms } from '../chain.ts'
import type { StellarChain } from './adapter.ts'
import { readStroops, showStroops } from './amount.ts'

let world: Awaited<ReturnType<typeof startStellarWorld>>
let scene: StellarScene
beforeAll(async () => {
  world = await startStellarWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  scene = await world.open()
})
afterEach(() => scene.end())

const amount = '100.2500000'
const stored = () =>
  scene.rows<{ status: string; code: string | null }>('select status, code from stellar_txs order by created_at')

/** Submits, closes a ledger, and lets the chain say what became of it. */
const carryOut = async (chain: StellarChain, order: ChainOrder) => {
  const submitted = await chain.submit(order)
  if (submitted.kind === 'refused') return submitted
  await scene.close()
  return until('a fate', async () => {
    await chain.tend()
    const found = await chain.find(order.key)
    return found.kind === 'unknown' ? undefined : found
  })
}
const locked = async (chain: StellarChain, overrides: Partial<HoldTerms> = {}) => {
  const terms = scene.terms(overrides)
  expect(await carryOut(chain, scene.order('lock', terms))).toMatchObject({ kind: 'done' })
  return terms
}
const minted = () => ({ payer: scene.setup.issuer.publicKey() })
/** A muxed address: the customer of an exchange, whose account this is. */
const behind = (exchange: Keypair) =>
  encodeMuxedAccountToAddress(
    xdr.MuxedAccount.keyTypeMuxedEd25519(new xdr.MuxedAccountMed25519({ id: 7n, ed25519: exchange.rawPublicKey() })),
  )
const treasuryHolds = () => scene.holds(scene.setup.treasury.publicKey())

describe('an order that the ledger takes', () => {
  test('lock: one balance, claimable by hot before the deadline and by cold from it on, its reserve carried by the sponsor', async () => {
    const chain = scene.adapter()
    const terms = scene.terms()
    const lock = scene.order('lock', terms)
    const submitted = await chain.submit(lock)
    expect(submitted).toMatchObject({ kind: 'done', value: { nonce: expect.stringMatching(/^\d+$/) } })
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    await scene.close()
    expect(
      await until('found', async () => ((await chain.find(lock.key)).kind === 'done' ? chain.find(lock.key) : undefined)),
    ).toEqual(submitted)
    await chain.tend()
    const [balanceId] = await chain.balancesOf(lock.key)
    const { records } = await scene.horizon.claimableBalances().sponsor(scene.setup.sponsor.publicKey()).limit(200).call()
    const balance = records.find(({ id }) => id === balanceId)
    expect(balance).toMatchObject({ amount, asset: chain.tokenAddress('USDC') })
    const before = { abs_before_epoch: String(terms.refundAfter) }
    expect(balance?.claimants).toEqual(
      expect.arrayContaining([
        { destination: scene.setup.treasury.publicKey(), predicate: expect.objectContaining(before) },
        { destination: scene.setup.cold.publicKey(), predicate: { not: expect.objectContaining(before) } },
      ]),
    )
    expect(await scene.onLedger(terms.ref)).toHaveLength(1)
    expect(await scene.busyChannels()).toBe(0)
  })

  test('release pays the customer in the transaction that claims', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer()
    const terms = await locked(chain, { payee: customer.publicKey() })
    expect(await carryOut(chain, scene.order('release', terms))).toMatchObject({ kind: 'done' })
    expect(await scene.holds(customer.publicKey())).toBe(amount)
    expect(await chain.balanceOf('USDC', customer.publicKey())).toBe(terms.amountMinor)
  })

  test('release to a muxed address pays the account, under the name of its customer', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer()
    const ed25519 = customer.rawPublicKey()
    const muxed = encodeMuxedAccountToAddress(
      xdr.MuxedAccount.keyTypeMuxedEd25519(new xdr.MuxedAccountMed25519({ id: 7n, ed25519 })),
    )
    const terms = await locked(chain, { payee: chain.parseAddress(muxed) })
    expect(await carryOut(chain, scene.order('release', terms))).toMatchObject({ kind: 'done' })
    expect(await scene.holds(customer.publicKey())).toBe(amount)
  })

  test('refund before the deadline: the hot account claims, and the treasury has what it had', async () => {
    const chain = scene.adapter()
    const before = await treasuryHolds()
    const terms = await locked(chain)
    expect(await treasuryHolds()).not.toBe(before)
    expect(await carryOut(chain, scene.order('refund', terms))).toMatchObject({ kind: 'done' })
    expect(await treasuryHolds()).toBe(before)
  })

  test.skipIf(isRealNetwork)('refund from the deadline on: the cold account claims, and pays the treasury', async () => {
    const chain = scene.adapter()
    const before = await treasuryHolds()
    const { closeTime } = await scene.newest()
    const terms = await locked(chain, { refundAfter: closeTime + 60 })
    await scene.close(1, 100)
    const refund = scene.order('refund', terms)
    expect(await carryOut(chain, refund)).toMatchObject({ kind: 'done' })
    expect(await treasuryHolds()).toBe(before)
    expect(await scene.holds(scene.setup.cold.publicKey())).toBe('0.0000000')
  })

  test.skipIf(isRealNetwork)('release from the deadline on: the cold account claims, and pays the customer', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer()
    const { closeTime } = await scene.newest()
    const terms = await locked(chain, { payee: customer.publicKey(), refundAfter: closeTime + 60 })
    await scene.close(1, 100)
    expect(await carryOut(chain, scene.order('release', terms))).toMatchObject({ kind: 'done' })
    expect(await scene.holds(customer.publicKey())).toBe(amount)
    expect(await scene.holds(scene.setup.cold.publicKey())).toBe('0.0000000')
  })

  test.skipIf(isRealNetwork)('without the cold key a late refund waits for whoever has it, and says so', async () => {
    const { closeTime } = await scene.newest()
    const chain = scene.adapter()
    const terms = await locked(chain, { refundAfter: closeTime + 60 })
    await scene.close(1, 100)
    const { treasury, sponsor, channels } = scene.setup
    const keys = { treasury: treasury.secret(), sponsor: sponsor.secret(), channels: channels.map(channel => channel.secret()) }
    await expect(scene.adapter({ keys }).submit(scene.order('refund', terms))).rejects.toMatchObject({
      code: 'chain_unavailable',
    })
    expect(scene.notices).toContainEqual({ type: 'coldKeyNeeded', balanceId: expect.any(String) })
  })

  test('as many at once as there are channels; the rest is told to come again and stores nothing', async () => {
    const processes = [scene.adapter(), scene.adapter()]
    const channels = scene.setup.channels.length
    const orders = Array.from({ length: channels + 2 }, () => scene.order('lock'))
    const outcomes = await Promise.allSettled(orders.map((order, index) => processes[index % 2]!.submit(order)))
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'chain_unavailable' }) },
      { status: 'rejected', reason: expect.objectContaining({ code: 'chain_unavailable' }) },
    ])
    const senders = outcomes.flatMap(outcome =>
      outcome.status === 'fulfilled' && outcome.value.kind === 'done' ? [outcome.value.value.sender] : [],
    )
    expect(new Set(senders).size).toBe(channels)
    expect(await stored()).toHaveLength(channels)
    await scene.close()
    await until('all fates', async () => {
      await Promise.all(processes.map(chain => chain.tend()))
      return (await scene.busyChannels()) === 0
    })
    expect((await stored()).map(({ status }) => status)).toEqual(Array.from({ length: channels }, () => 'succeeded'))
  })
})

describe('a customer who cannot take it yet', () => {
  test.each([
    ['is not on the ledger', async () => Keypair.random(), 'account_missing'],
    ['has no line', async () => scene.customer({ line: false }), 'trustline_missing'],
    ['has no room', async () => scene.customer({ limit: '1' }), 'line_full'],
  ])('because he %s gets a balance of his own', async (_what, make, why) => {
    const chain = scene.adapter()
    const customer = await make()
    const terms = await locked(chain, { payee: customer.publicKey() })
    const release = scene.order('release', terms)
    expect(await carryOut(chain, release)).toMatchObject({ kind: 'done' })
    expect(scene.notices).toContainEqual({ type: 'deliveryInsteadOfPayment', ref: terms.ref, why })
    const [delivery] = await scene.balancesFor(customer.publicKey())
    expect(delivery).toMatchObject({ id: (await chain.balancesOf(release.key))[0], amount })
    expect(delivery?.claimants).toEqual(
      expect.arrayContaining([
        { destination: customer.publicKey(), predicate: { unconditional: true } },
        {
          destination: scene.setup.treasury.publicKey(),
          predicate: { not: expect.objectContaining({ abs_before_epoch: String(terms.refundAfter + 3_600) }) },
        },
      ]),
    )
  })

  test('takes it whenever he can', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer({ line: false })
    const terms = await locked(chain, { payee: customer.publicKey() })
    const release = scene.order('release', terms)
    await carryOut(chain, release)
    const [balanceId] = await chain.balancesOf(release.key)
    await scene.transact(customer, [
      Operation.changeTrust({ asset: scene.usdc }),
      Operation.claimClaimableBalance({ balanceId: balanceId! }),
    ])
    expect(await scene.holds(customer.publicKey())).toBe(amount)
  })

  test.skipIf(isRealNetwork)('and never does: it comes back to us, and not a second too early', async () => {
    const chain = scene.adapter({ deliverySec: 3_600 })
    const before = await treasuryHolds()
    const terms = await locked(chain)
    const release = scene.order('release', terms)
    await carryOut(chain, release)
    const [balanceId] = await chain.balancesOf(release.key)
    const reclaim = () => ({ key: newKey(), task: { action: 'reclaimDelivery', ref: terms.ref, balanceId: balanceId! } as const })
    const early = reclaim()
    await chain.order(early)
    await scene.close()
    await chain.tend()
    expect(await chain.find(early.key)).toMatchObject({ kind: 'refused', code: 'escrow_expired' })
    await scene.close(1, 7_300)
    const late = reclaim()
    await chain.order(late)
    await scene.close()
    await chain.tend()
    expect(await chain.find(late.key)).toMatchObject({ kind: 'done' })
    expect(await treasuryHolds()).toBe(before)
    expect(await chain.order(reclaim())).toMatchObject({ kind: 'refused', code: 'delivery_absent' })
  })

  test('behind a muxed address is refused: a balance cannot name the customer of an exchange', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer({ line: false })
    const terms = await locked(chain, { payee: behind(customer) })
    expect(await chain.submit(scene.order('release', terms))).toMatchObject({ kind: 'refused', code: 'trustline_missing' })
  })

  test('closes his line between our look and the ledger: refused for good, and another attempt delivers', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer()
    const terms = await locked(chain, { payee: customer.publicKey() })
    const release = scene.order('release', terms)
    const frozen = scene.adapter({
      checkpoint: async name => {
        if (name === 'signed') await scene.transact(customer, [Operation.changeTrust({ asset: scene.usdc, limit: '0' })])
      },
    })
    expect(await carryOut(frozen, release)).toMatchObject({ kind: 'refused', code: 'trustline_missing' })
    expect(await chain.submit(release)).toMatchObject({ kind: 'refused', code: 'trustline_missing' })
    expect(await carryOut(chain, scene.order('release', terms))).toMatchObject({ kind: 'done' })
    expect(await scene.balancesFor(customer.publicKey())).toHaveLength(1)
  })
})

test('without a sponsor the treasury carries the reserves itself', async () => {
  const { treasury, cold, issuer, channels } = scene.setup
  const accounts = {
    ...{ treasury: treasury.publicKey(), cold: cold.publicKey(), issuer: issuer.publicKey() },
    channels: channels.map(channel => channel.publicKey()),
  }
  const keys = { treasury: treasury.secret(), issuer: issuer.secret(), channels: channels.map(channel => channel.secret()) }
  const chain = scene.adapter({ accounts, keys })
  const customer = await scene.customer({ line: false })
  for (const payer of [treasury.publicKey(), issuer.publicKey()]) {
    const terms = await locked(chain, { payer, payee: customer.publicKey() })
    const release = scene.order('release', terms)
    expect(await carryOut(chain, release)).toMatchObject({ kind: 'done' })
    const [balanceId] = await chain.balancesOf(release.key)
    const delivery = await scene.horizon.claimableBalances().claimableBalance(balanceId!).call()
    expect(delivery).toMatchObject({ sponsor: treasury.publicKey() })
  }
})

describe('what we mint', () => {
  test('is made by the lock itself, and burned by its refund', async () => {
    const chain = scene.adapter()
    const before = await treasuryHolds()
    const terms = await locked(chain, minted())
    expect(await treasuryHolds()).toBe(before)
    expect(await carryOut(chain, scene.order('refund', terms))).toMatchObject({ kind: 'done' })
    expect(await treasuryHolds()).toBe(before)
    expect(chain.mintPayer('USDC')).toBe(scene.setup.issuer.publicKey())
    expect(await chain.mintRights('USDC')).toMatchObject({ locksInEscrow: true })
  })

  test('reaches the customer without ever having been inventory', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer()
    const before = await treasuryHolds()
    const terms = await locked(chain, { ...minted(), payee: customer.publicKey() })
    expect(await carryOut(chain, scene.order('release', terms))).toMatchObject({ kind: 'done' })
    expect([await scene.holds(customer.publicKey()), await treasuryHolds()]).toEqual([amount, before])
  })

  test.skipIf(isRealNetwork)('is burned by the cold account from the deadline on', async () => {
    const chain = scene.adapter()
    const { closeTime } = await scene.newest()
    const terms = await locked(chain, { ...minted(), refundAfter: closeTime + 60 })
    await scene.close(1, 100)
    const before = await treasuryHolds()
    expect(await carryOut(chain, scene.order('refund', terms))).toMatchObject({ kind: 'done' })
    expect([await treasuryHolds(), await scene.holds(scene.setup.cold.publicKey())]).toEqual([before, '0.0000000'])
  })
})

describe('the same order again', () => {
  test('gives the same transaction, before and after its ledger, without a second signature', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    const once = await chain.submit(lock)
    expect(await chain.submit(lock)).toEqual(once)
    await scene.close()
    await chain.tend()
    expect(await scene.adapter().submit(lock)).toEqual(once)
    expect(await scene.rows('select from stellar_envelopes')).toHaveLength(1)
    expect(await scene.onLedger(lock.terms.ref)).toHaveLength(1)
  })

  test('20 times at once, by two processes, is one transaction', async () => {
    const processes = [scene.adapter(), scene.adapter()]
    const lock = scene.order('lock')
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => processes[index % 2]!.submit(lock)))
    const taken = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [JSON.stringify(outcome.value)] : []))
    expect(new Set(taken).size).toBe(1)
    expect(await stored()).toHaveLength(1)
    await scene.close()
    await until('freed', async () => {
      await processes[0]!.tend()
      return (await scene.busyChannels()) === 0
    })
    expect(await scene.onLedger(lock.terms.ref)).toHaveLength(1)
  })

  test('with other terms under the same key is a conflict', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    const other = scene.order('lock', scene.terms({ amountMinor: '1' }), lock.key)
    await expect(chain.submit(other)).rejects.toMatchObject({ code: 'idempotency_conflict' })
  })

  test('the same terms under another key: not while the first is open, and refused when it is locked', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    const twin = scene.order('lock', lock.terms)
    await expect(chain.submit(twin)).rejects.toMatchObject({ code: 'chain_unavailable' })
    await scene.settle([chain])
    expect(await chain.submit(twin)).toMatchObject({ kind: 'refused', code: 'escrow_exists' })
    expect(await scene.onLedger(lock.terms.ref)).toHaveLength(1)
  })
})

describe('an order that cannot be', () => {
  test.each<[string, Partial<HoldTerms>, string]>([
    ['more than the treasury has', { amountMinor: '99000000000000' }, 'insufficient_balance'],
    ['a deadline that has passed', { refundAfter: 1 }, 'escrow_expired'],
    ['more than the ledger can count', { amountMinor: `${2n ** 63n}` }, 'amount_precision'],
  ])('lock: %s', async (_what, overrides, code) => {
    const lock = scene.order('lock', scene.terms(overrides))
    const refusal = await scene.adapter().submit(lock)
    expect(refusal).toMatchObject({ kind: 'refused', code })
    expect(await stored()).toEqual([{ status: 'refused', code }])
    expect(await scene.adapter().find(lock.key)).toEqual(refusal)
  })

  test('lock: finer than its asset', async () => {
    const issuer = scene.setup.issuer.publicKey()
    const chain = scene.adapter({ assets: { USDC: { code: 'USDC', issuer, decimals: 2 } } })
    expect(await chain.submit(scene.order('lock', scene.terms({ amountMinor: '100250001' })))).toMatchObject({
      kind: 'refused',
      code: 'amount_precision',
    })
  })

  test.each(['release', 'refund'] as const)('%s of what was never locked', async action => {
    expect(await scene.adapter().submit(scene.order(action))).toMatchObject({ kind: 'refused', code: 'escrow_not_open' })
    expect(await stored()).toEqual([{ status: 'refused', code: 'escrow_not_open' }])
  })

  // Who was told of a refusal has acted upon it. Nobody has taken the sleeper's channel meanwhile, so its lease keeps it from nothing.
  test.each(['leased', 'signed'] as const)(
    'after another worker has read that it can (%s): that one builds nothing more',
    async at => {
      const customer = await scene.customer()
      const terms = await locked(scene.adapter(), { payee: behind(customer) })
      const release = scene.order('release', terms)
      const frozen = frozenAt(at)
      const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).submit(release)
      await frozen.reached
      await scene.transact(customer, [Operation.changeTrust({ asset: scene.usdc, limit: '0' })])
      const refusal = await scene.adapter().submit(release)
      expect(refusal).toMatchObject({ kind: 'refused', code: 'trustline_missing' })
      await scene.transact(customer, [Operation.changeTrust({ asset: scene.usdc })])
      frozen.thaw()
      expect(await sleeper).toEqual(refusal)
      expect(await scene.rows('select from stellar_attempts where intent_key = $1', [release.key])).toEqual([])
      expect(await carryOut(scene.adapter(), scene.order('release', terms))).toMatchObject({ kind: 'done' })
    },
  )

  test('release while the lock is still open is tried again later', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    await expect(chain.submit(scene.order('release', lock.terms))).rejects.toMatchObject({ code: 'chain_unavailable' })
  })

  test('release and refund at once: the ledger takes one, and the other is refused for good', async () => {
    const chain = scene.adapter()
    const customer = await scene.customer()
    const terms = await locked(chain, { payee: customer.publicKey() })
    const orders = [scene.order('release', terms), scene.order('refund', terms)]
    for (const order of orders) await chain.submit(order)
    await scene.close()
    await until('both fates', async () => {
      await chain.tend()
      return (await scene.busyChannels()) === 0
    })
    const found = await Promise.all(orders.map(order => chain.find(order.key)))
    expect(found.map(({ kind }) => kind).sort()).toEqual(['done', 'refused'])
    expect(found.find(({ kind }) => kind === 'refused')).toMatchObject({ code: 'escrow_not_open' })
    expect(await scene.holds(customer.publicKey())).toBe(found[0]!.kind === 'done' ? amount : '0.0000000')
  })
})

describe('flags of the asset', () => {
  const setFlags = (flags: 1 | 2 | 3 | 8 | 10, clear = false) =>
    scene.transact(scene.setup.issuer, [Operation.setOptions(clear ? { clearFlags: flags } : { setFlags: flags })])

  test.skipIf(isRealNetwork)(
    'authorization: a hot account without it locks nothing; a customer without it gets a balance',
    async () => {
      const chain = scene.adapter()
      const { issuer, treasury } = scene.setup
      const customer = await scene.customer()
      const terms = await locked(chain, { payee: customer.publicKey() })
      await setFlags(3)
      const authorize = (trustor: Keypair, authorized: boolean) =>
        scene.transact(issuer, [
          Operation.setTrustLineFlags({ trustor: trustor.publicKey(), asset: scene.usdc, flags: { authorized } }),
        ])
      try {
        await authorize(treasury, false)
        expect(await chain.submit(scene.order('lock'))).toMatchObject({ kind: 'refused', code: 'not_authorized' })
        expect(await chain.submit(scene.order('lock', scene.terms(minted())))).toMatchObject({
          kind: 'refused',
          code: 'not_authorized',
        })
        await authorize(treasury, true)
        await authorize(customer, false)
        expect(await carryOut(chain, scene.order('release', terms))).toMatchObject({ kind: 'done' })
        expect(scene.notices).toContainEqual({ type: 'deliveryInsteadOfPayment', ref: terms.ref, why: 'not_authorized' })
      } finally {
        await authorize(treasury, true)
        await setFlags(3, true)
      }
    },
  )

  test.skipIf(isRealNetwork)('clawback: what the issuer took back is refused for good, whatever is asked of it', async () => {
    const chain = scene.adapter()
    const { issuer } = scene.setup
    await setFlags(10)
    try {
      const lock = scene.order('lock', scene.terms(minted()))
      await carryOut(chain, lock)
      const [balanceId] = await chain.balancesOf(lock.key)
      await scene.transact(issuer, [Operation.clawbackClaimableBalance({ balanceId: balanceId! })])
      for (const action of ['release', 'refund'] as const)
        expect(await carryOut(chain, scene.order(action, lock.terms))).toMatchObject({ kind: 'refused', code: 'escrow_not_open' })
    } finally {
      await setFlags(10, true)
    }
  })
})

describe('our own lumens', () => {
  test.skipIf(isRealNetwork)('too few for a reserve: nothing is refused, it waits, and an operator is told', async () => {
    const { sponsor, treasury } = scene.setup
    const account = await scene.horizon.loadAccount(sponsor.publicKey())
    const entries = 2 + account.subentry_count + account.num_sponsoring - account.num_sponsored
    const all = account.balances.find(({ asset_type }) => asset_type === 'native')!.balance
    // One reserve short of the two that a balance takes, and a bit for the fees of this test.
    const rest = showStroops(readStroops(all) - BigInt(entries + 1) * 5_000_000n - 10_000n)
    const pay = (from: Keypair, to: Keypair, amount: string) =>
      scene.transact(from, [Operation.payment({ destination: to.publicKey(), asset: Asset.native(), amount })])
    await pay(sponsor, treasury, rest)
    try {
      await expect(scene.adapter().submit(scene.order('lock'))).rejects.toMatchObject({ code: 'chain_unavailable' })
      expect(scene.notices).toContainEqual(expect.objectContaining({ type: 'reserveLow', account: sponsor.publicKey() }))
      expect(await stored()).toEqual([])
    } finally {
      await pay(treasury, sponsor, rest)
    }
  })
})

describe('a channel whose key is used elsewhere', () => {
  test('goes on from where the ledger is, and says so', async () => {
    const [channel] = scene.setup.channels as [Keypair]
    const only = { channels: [channel.publicKey()] }
    const chain = scene.adapter({
      accounts: { ...accountsOf(), ...only } as never,
      keys: { ...keysOf(), channels: [channel.secret()] },
    })
    const before = await carryOut(chain, scene.order('lock'))
    const nonce = before.kind === 'done' ? BigInt(before.value.nonce) : -1n
    await scene.transact(channel, [Operation.bumpSequence({ bumpTo: '0' })])
    const after = await carryOut(chain, scene.order('lock'))
    expect(after).toMatchObject({ kind: 'done', value: { nonce: String(nonce + 2n) } })
    expect(scene.notices).toContainEqual({
      ...{ type: 'channelRaised', channel: channel.publicKey() },
      ...{ from: String(nonce), to: String(nonce + 1n) },
    })
  })

  const accountsOf = () => {
    const { treasury, cold, sponsor, issuer } = scene.setup
    return { treasury: treasury.publicKey(), cold: cold.publicKey(), sponsor: sponsor.publicKey(), issuer: issuer.publicKey() }
  }
  const keysOf = () => {
    const { treasury, cold, sponsor, issuer } = scene.setup
    return { treasury: treasury.secret(), cold: cold.secret(), sponsor: sponsor.secret(), issuer: issuer.secret() }
  }
})

describe('the database', () => {
  test('lets the service neither edit a signature, nor move a number, nor delete', async () => {
    await scene.adapter().submit(scene.order('lock'))
    for (const statement of [
      "update stellar_envelopes set envelope = ''",
      'update stellar_attempts set sequence = sequence + 1',
      "update stellar_txs set task = '{}'",
      'delete from stellar_envelopes',
      'delete from stellar_attempts',
      'delete from stellar_txs',
      'delete from stellar_channels',
    ])
      await expect(scene.pool.query(statement)).rejects.toMatchObject({ code: expect.stringMatching(/^42501$/) })
  })

  test('that is away before anything is stored leaves the outcome unknown, never sent', async () => {
    const pool = new pg.Pool({ connectionString: scene.databaseUrl, options: '-c role=causeway_app' })
    pool.on('error', () => {})
    const chain = scene.adapter({ checkpoint: name => (name === 'signed' ? pool.end() : undefined) }, pool)
    const lock = scene.order('lock')
    expect(await chain.submit(lock)).toMatchObject({ kind: 'unknown' })
    await scene.close()
    expect(await scene.onLedger(lock.terms.ref)).toEqual([])
  })
})

test('Horizon of another network: config_invalid', async () => {
  const chain = scene.adapter({ passphrase: 'another' })
  await expect(chain.submit(scene.order('lock'))).rejects.toMatchObject({ code: 'config_invalid' })
  await expect(chain.tend()).rejects.toMatchObject({ code: 'config_invalid' })
})

test('Horizon that does not answer: chain_unavailable, its address is not told, and nothing is stored', async () => {
  const chain = scene.adapter({ horizonUrl: 'http://127.0.0.1:1/secret' })
  const refusal = await chain.submit(scene.order('lock')).catch(error => error)
  expect(refusal).toMatchObject({ code: 'chain_unavailable' })
  expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain('secret')
  expect(await stored()).toEqual([])
})
