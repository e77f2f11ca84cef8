import { Account, type Keypair, Memo, Operation, type Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isRealNetwork, type StellarScene, startStellarWorld, unlessExpected } from '../../../../test/support/stellar-world.ts'
import { until } from '../../../../test/support/until.ts'
import type { ChainOrder } from '../chain.ts'
import type { StellarChain } from './adapter.ts'

describe.skipIf(isRealNetwork)('whatever goes wrong with a submission, it ends in exactly one effect and a free channel', () => {
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

  /** `close` and `tend` for so many ledgers, whatever they say. */
  const live = async (chain: StellarChain, ledgers: number, seconds = 5) => {
    for (let count = 0; count < ledgers; count++) {
      await scene.close(1, seconds)
      await chain.tend().catch(unlessExpected)
    }
  }
  const attempts = () =>
    scene.rows<{ fate: string; hash: string; channel: string; sequence: string }>(
      'select fate, hash, channel, sequence from stellar_attempts order by attempt',
    )
  const noticesOf = (type: string) => scene.notices.filter(notice => notice.type === type)
  const successful = async (order: ChainOrder) => (await scene.onLedger(order.terms.ref)).filter(tx => tx.successful)
  const expectOneEffect = async (chain: StellarChain, order: ChainOrder) => {
    expect(await chain.find(order.key)).toMatchObject({ kind: 'done' })
    expect(await successful(order)).toHaveLength(1)
    expect(await scene.busyChannels()).toBe(0)
    expect(await scene.rows('select from stellar_channels where lease_until > now()')).toEqual([])
  }

  test.each(['timeout_before', 'timeout_after', 'disconnect_before', 'disconnect_after'] as const)('%s: once', async kind => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    scene.arm({ kind, times: 1 })
    expect(await chain.submit(lock)).toMatchObject({ kind: 'unknown' })
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    await scene.settle([chain])
    await expectOneEffect(chain, lock)
    expect(await attempts()).toHaveLength(1)
  })

  test.each(['timeout_before', 'disconnect_before', 'drop'] as const)(
    '%s: until its time is over, then built again',
    async kind => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      scene.arm({ kind })
      await chain.submit(lock)
      await live(chain, 15)
      scene.heal()
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      expect((await attempts()).map(({ fate }) => fate)).toEqual(['dead', 'succeeded'])
      expect(noticesOf('dead')).toMatchObject([{ why: 'expired' }])
    },
  )

  test.each(['timeout_after', 'disconnect_after'] as const)('%s: for ever', async kind => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    scene.arm({ kind })
    expect(await chain.submit(lock)).toMatchObject({ kind: 'unknown' })
    await scene.settle([chain])
    await expectOneEffect(chain, lock)
    expect(await attempts()).toHaveLength(1)
  })

  test('dropped once without a word: the same bytes again', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    scene.arm({ kind: 'drop', times: 1 })
    const submitted = await chain.submit(lock)
    expect(submitted).toMatchObject({ kind: 'done' })
    await scene.settle([chain])
    expect(await chain.find(lock.key)).toEqual(submitted)
    await expectOneEffect(chain, lock)
  })

  test('ingestion that lags longer than a transaction lives: nothing is taken for dead that is merely not shown', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    scene.arm({ kind: 'ingestion_lag', ledgers: 20 })
    await chain.submit(lock)
    await live(chain, 40)
    scene.heal()
    await scene.settle([chain])
    await expectOneEffect(chain, lock)
    expect(await attempts()).toHaveLength(1)
  })

  test.each([
    ['transactions'],
    ['accounts'],
    ['transactions', 'accounts'],
    ['ledgers'],
    ['ledgers', 'transactions', 'accounts'],
  ] as const)('replicas that stand still (%s, %s, %s): an empty look-up is no proof', async (...routes) => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    for (const on of routes) if (on) scene.arm({ kind: 'stale_history', on, ledgers: 100 })
    await live(chain, 25)
    scene.heal()
    await scene.settle([chain])
    await expectOneEffect(chain, lock)
    expect(await attempts()).toHaveLength(1)
  })

  test('a replica that stands still for some of the questions only', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    for (let count = 0; count < 25; count++) {
      scene.arm({ kind: 'stale_history', ledgers: 100, times: 1 + (count % 3) })
      await live(chain, 1)
    }
    scene.heal()
    await scene.settle([chain])
    await expectOneEffect(chain, lock)
    expect(await attempts()).toHaveLength(1)
  })

  test('answers that never come, for a while', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    scene.arm({ kind: 'refuse', status: 503 })
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    await expect(chain.tend()).rejects.toMatchObject({ code: 'chain_unavailable' })
    await live(chain, 20)
    scene.heal()
    await scene.settle([chain])
    await expectOneEffect(chain, lock)
  })

  describe('history that is trimmed', () => {
    /** In a ledger, or never, and then so long not looked at that the history has forgotten it. */
    const forgotten = async (kind: 'timeout_after' | 'timeout_before') => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      scene.arm({ kind })
      await chain.submit(lock)
      await scene.close(20)
      scene.heal()
      scene.arm({ kind: 'history_trimmed', keep: 5 })
      await live(chain, 5)
      return { chain, lock }
    }

    test.each(['timeout_after', 'timeout_before'] as const)(
      '(%s) proves nothing: it waits for a person, and says so',
      async kind => {
        const { chain, lock } = await forgotten(kind)
        expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
        expect(await attempts()).toMatchObject([{ fate: 'open' }])
        expect(noticesOf('historyGap')).not.toEqual([])
        scene.heal()
        await scene.settle([chain])
        await expectOneEffect(chain, lock)
      },
    )

    test('and a person who says that it had its effect', async () => {
      const { chain, lock } = await forgotten('timeout_after')
      await chain.settleByHand(lock.key, { fate: 'succeeded', by: 'operator' })
      scene.heal()
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      expect(await chain.balancesOf(lock.key)).toHaveLength(1)
    })

    test('and a person who says that it never had', async () => {
      const { chain, lock } = await forgotten('timeout_before')
      await chain.settleByHand(lock.key, { fate: 'dead', by: 'operator' })
      await scene.settle([chain])
      scene.heal()
      await expectOneEffect(chain, lock)
      expect((await attempts()).map(({ fate }) => fate)).toEqual(['dead', 'succeeded'])
    })

    test('and a person is not asked while the ledger may still take it', async () => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      await chain.submit(lock)
      await expect(chain.settleByHand(lock.key, { fate: 'dead', by: 'operator' })).rejects.toMatchObject({
        code: 'chain_unavailable',
      })
      await scene.settle([chain])
      await expect(chain.settleByHand(lock.key, { fate: 'dead', by: 'operator' })).rejects.toMatchObject({
        code: 'transition_illegal',
      })
    })
  })

  describe('a ledger that wants more', () => {
    const bids = async () =>
      (await scene.rows<{ bid: string }>('select bid from stellar_envelopes order by signed_at')).map(({ bid }) => Number(bid))
    /** Ledgers that are full of bids just below this one, from now on. */
    const surge = async (baseFee: number) => {
      scene.arm({ kind: 'surge', baseFee })
      await scene.close(2)
    }
    /** A bid of calmer times, which only reaches the queue when those are over. */
    const submitBefore = async (chain: StellarChain, lock: ChainOrder, baseFee: number) => {
      scene.arm({ kind: 'timeout_before', times: 1 })
      await chain.submit(lock)
      await surge(baseFee)
    }

    test.each([
      ['ten times what was bid', 900, 1_000],
      ['or what ledgers charge, if that is more', 9_000, 9_000],
    ])('a fee bump bids %s, and the same transaction inside has the effect', async (_what, baseFee, least) => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      await submitBefore(chain, lock, baseFee)
      const [attempt] = await attempts()
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      const [first, last, ...more] = await bids()
      expect([first, more]).toEqual([100, []])
      expect(last).toBeGreaterThanOrEqual(least)
      const [tx] = await successful(lock)
      expect(tx?.fee_account).toBe(scene.setup.sponsor.publicKey())
      expect(`0x${tx?.inner_transaction?.hash}`).toBe(attempt?.hash)
    })

    test('while nobody tells what ledgers charge: by ten, and by ten again', async () => {
      const chain = scene.adapter({ submissionSec: 120 })
      const lock = scene.order('lock')
      await submitBefore(chain, lock, 90_000)
      scene.arm({ kind: 'refuse', on: 'fee_stats' })
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      expect(await bids()).toEqual([100, 1_000, 10_000, 100_000])
    })

    test('known from the start: bid at once, and nothing is signed above the cap', async () => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      await surge(900)
      await chain.submit(lock)
      await expect(scene.adapter({ fees: { bidCap: 800n } }).submit(scene.order('lock'))).rejects.toMatchObject({
        code: 'chain_unavailable',
      })
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      expect(await bids()).toEqual([900])
    })

    test('more than the cap: told, and taken when it falls', async () => {
      const chain = scene.adapter({ fees: { bidCap: 5_000n } })
      const lock = scene.order('lock')
      await submitBefore(chain, lock, 50_000)
      await live(chain, 9)
      expect(noticesOf('feeCapReached')).not.toEqual([])
      scene.heal()
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
    })

    test('more than the cap until its time is over: dead, and built again when it falls', async () => {
      const chain = scene.adapter({ fees: { bidCap: 5_000n } })
      const lock = scene.order('lock')
      await submitBefore(chain, lock, 50_000)
      await live(chain, 20)
      scene.heal()
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      expect((await attempts()).at(0)).toMatchObject({ fate: 'dead' })
    })
  })

  describe('strangers', () => {
    const envelope = async () => {
      const [row] = await scene.rows<{ envelope: Buffer }>(
        'select envelope from stellar_envelopes order by signed_at desc limit 1',
      )
      return TransactionBuilder.fromXdr(row!.envelope.toString('base64'), scene.setup.passphrase) as Transaction
    }

    test('who send our bytes again, before and after their ledger', async () => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      await chain.submit(lock)
      const again = async () => scene.horizon.submitAsyncTransaction(await envelope()).catch(() => undefined)
      await again()
      await scene.close()
      await again()
      await scene.settle([chain])
      await again()
      await scene.close()
      await expectOneEffect(chain, lock)
    })

    test('who pay a higher fee around our transaction: found by the hash inside', async () => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      scene.arm({ kind: 'timeout_before', times: 1 })
      await chain.submit(lock)
      const payer = await scene.customer({ line: false, balance: '50' })
      const bump = TransactionBuilder.buildFeeBumpTransaction(payer.publicKey(), '5000', await envelope(), scene.setup.passphrase)
      bump.sign(payer)
      await scene.horizon.submitAsyncTransaction(bump)
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      expect((await successful(lock))[0]?.fee_account).toBe(payer.publicKey())
    })

    /** Somebody who has the key of the open attempt's channel uses its number, and some after it. */
    const usurp = async (numbers: number) => {
      const [attempt] = await attempts()
      const channel = scene.setup.channels.find(one => one.publicKey() === attempt!.channel) as Keypair
      const account = new Account(channel.publicKey(), String(BigInt(attempt!.sequence) - 1n))
      for (let count = 0; count < numbers; count++) {
        const thief = new TransactionBuilder(account, {
          ...{ fee: '1000', networkPassphrase: scene.setup.passphrase, memo: Memo.none() },
        })
          .addOperation(Operation.bumpSequence({ bumpTo: '0' }))
          .setTimebounds(0, (await scene.newest()).closeTime + 300)
          .build()
        thief.sign(channel)
        await scene.horizon.submitAsyncTransaction(thief)
        if (count < numbers - 1) await scene.close(1, 1)
      }
    }

    // More of them than Horizon shows on one page.
    test.each([1, 210])('who use the number of our channel, and %i in all: dead at once, and built again', async numbers => {
      const chain = scene.adapter()
      const lock = scene.order('lock', scene.terms({ refundAfter: (await scene.newest()).closeTime + 3_600 }))
      scene.arm({ kind: 'timeout_before', times: 1 })
      await chain.submit(lock)
      await usurp(numbers)
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
      expect(noticesOf('dead')).toMatchObject([{ why: 'usurped' }])
      expect((await attempts()).map(({ fate }) => fate)).toEqual(['dead', 'succeeded'])
    })
  })

  describe('release and refund', () => {
    test.each(['timeout_after', 'drop', 'surge'] as const)('under %s: the customer is paid once', async kind => {
      const chain = scene.adapter()
      const customer = await scene.customer()
      const terms = scene.terms({ payee: customer.publicKey() })
      await chain.submit(scene.order('lock', terms))
      await scene.settle([chain])
      const release = scene.order('release', terms)
      scene.arm(kind === 'surge' ? { kind, baseFee: 900, times: 30 } : { kind, times: 3 })
      if (kind === 'surge') await scene.close(2)
      await chain.submit(release)
      await scene.settle([chain])
      expect(await chain.find(release.key)).toMatchObject({ kind: 'done' })
      expect(await scene.holds(customer.publicKey())).toBe('100.2500000')
      expect(await scene.busyChannels()).toBe(0)
    })

    test('a refund whose deadline passes while it is lost goes through the cold account by itself', async () => {
      const chain = scene.adapter()
      const treasury = scene.setup.treasury.publicKey()
      const before = await scene.holds(treasury)
      const { closeTime } = await scene.newest()
      const terms = scene.terms({ refundAfter: closeTime + 100 })
      await chain.submit(scene.order('lock', terms))
      await scene.settle([chain])
      scene.arm({ kind: 'drop' })
      const refund = scene.order('refund', terms)
      await chain.submit(refund)
      await live(chain, 30)
      scene.heal()
      await scene.settle([chain])
      expect(await chain.find(refund.key)).toMatchObject({ kind: 'done' })
      expect(await scene.holds(treasury)).toBe(before)
      expect(noticesOf('dead').length).toBeGreaterThan(0)
      expect(await scene.busyChannels()).toBe(0)
    })

    test('a channel account that is merged away while it carries a transaction leaves the matter to a person', async () => {
      const chain = scene.adapter()
      const lock = scene.order('lock')
      scene.arm({ kind: 'timeout_before', times: 1 })
      await chain.submit(lock)
      const [attempt] = await attempts()
      const channel = scene.setup.channels.find(one => one.publicKey() === attempt!.channel) as Keypair
      const sponsor = scene.setup.sponsor.publicKey()
      await scene.transact(channel, [Operation.accountMerge({ destination: sponsor })])
      await live(chain, 20)
      scene.heal()
      await live(chain, 3)
      expect(noticesOf('numberGone')).not.toEqual([])
      expect(await attempts()).toMatchObject([{ fate: 'open' }])
      const again = Operation.createAccount({ destination: channel.publicKey(), startingBalance: '20' })
      await scene.transact(scene.setup.sponsor, [again])
      await chain.settleByHand(lock.key, { fate: 'dead', by: 'operator' })
      await scene.settle([chain])
      await expectOneEffect(chain, lock)
    })

    test('a release whose deadline passes while it is lost: built again for the cold account, one effect', async () => {
      const chain = scene.adapter()
      const customer = await scene.customer()
      const { closeTime } = await scene.newest()
      const terms = scene.terms({ payee: customer.publicKey(), refundAfter: closeTime + 100 })
      await chain.submit(scene.order('lock', terms))
      await scene.settle([chain])
      scene.arm({ kind: 'drop' })
      const release = scene.order('release', terms)
      await chain.submit(release)
      await live(chain, 30)
      scene.heal()
      await scene.settle([chain])
      expect(await chain.find(release.key)).toMatchObject({ kind: 'done' })
      expect(await scene.holds(customer.publicKey())).toBe('100.2500000')
      expect(await scene.onLedger(terms.ref)).toHaveLength(2)
    })
  })
})

describe.skipIf(isRealNetwork)('a network that was reset', () => {
  test('halts; nothing is sent or built until a person has accepted it; then it has its effect there, once', async () => {
    const world = await startStellarWorld()
    const scene = await world.open()
    try {
      const chain = scene.adapter()
      const { closeTime } = await scene.newest()
      const lock = scene.order('lock', scene.terms({ refundAfter: closeTime + 86_400 }))
      scene.arm({ kind: 'timeout_before' })
      await chain.submit(lock)
      await scene.close(2)
      await chain.tend()
      scene.heal()
      scene.node().reset(scene.node().network().last().closeTime + 3_600)
      await expect(chain.tend()).rejects.toMatchObject({ code: 'chain_halted', details: { reason: 'network_reset' } })
      // A process that has never seen the old network knows by what was stored.
      await scene.close(1, 60)
      const other = scene.adapter()
      const refusal = await until('the other one holds the channel', () => other.tend().catch(error => error))
      expect(refusal).toMatchObject({ code: 'chain_halted' })
      expect(await scene.rows('select from stellar_attempts')).toHaveLength(1)
      expect(scene.notices.map(({ type }) => type)).toContain('networkReset')

      await world.setUp()
      await chain.settleByHand(lock.key, { fate: 'dead', by: 'operator' })
      const survivor = scene.adapter()
      await scene.settle([survivor])
      expect(await survivor.find(lock.key)).toMatchObject({ kind: 'done' })
      expect((await scene.onLedger(lock.terms.ref)).filter(tx => tx.successful)).toHaveLength(1)
      expect(await scene.busyChannels()).toBe(0)
    } finally {
      await scene.end()
      await world.stop()
    }
  })
})
