import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { randomFrom } from '../../../../test/support/random.ts'
import { seed } from '../../../../test/support/seed.ts'
import {
  frozenAt,
  isRealNetwork,
  memoOf,
  newKey,
  type StellarScene,
  startStellarWorld,
  unlessExpected,
} from '../../../../test/support/stellar-world.ts'
import { until } from '../../../../test/support/until.ts'
import type { ChainOrder } from '../chain.ts'
import type { StellarChain } from './adapter.ts'
import type { CheckpointName } from './checkpoint.ts'

let world: Awaited<ReturnType<typeof startStellarWorld>>
let scene: StellarScene
beforeAll(async () => {
  world = await startStellarWorld({ channels: 6 })
})
afterAll(() => world?.stop())
beforeEach(async () => {
  scene = await world.open()
})
afterEach(() => scene.end())

const submitCheckpoints = ['leased', 'signed', 'stored', 'sent'] as const
const tendCheckpoints = ['observed', 'recorded'] as const
const bumpCheckpoints = ['bumpSigned', 'bumpStored'] as const

/** As the saga's executor does it: asks first, and sends again what was never stored. */
const carryOut = async (chain: StellarChain, order: ChainOrder) => {
  await until(
    'taken',
    async () => {
      const found = await chain.find(order.key)
      if (found.kind !== 'refused' || found.code !== 'not_found') return true
      const outcome = await chain.submit(order).catch(unlessExpected)
      if (outcome !== undefined) return true
      // No channel is free before what they carry has settled.
      await scene.close(1)
      await chain.tend().catch(unlessExpected)
      return false
    },
    10_000,
  )
  await scene.settle([chain])
}

/** What the ledger has under a ref, beside the lock when it is about the other two. */
const effectsOf = async (order: ChainOrder) => {
  const successful = (await scene.onLedger(order.terms.ref)).filter(tx => tx.successful)
  return successful.length - (order.action === 'lock' ? 0 : 1)
}

const prepared = async (action: ChainOrder['action'], survivor: StellarChain) => {
  const customer = await scene.customer()
  const terms = scene.terms({ payee: customer.publicKey() })
  if (action !== 'lock') await carryOut(survivor, scene.order('lock', terms))
  return { customer, order: scene.order(action, terms) }
}

const expectOneEffect = async (chain: StellarChain, order: ChainOrder, customer: string) => {
  expect(await chain.find(order.key)).toMatchObject({ kind: 'done' })
  expect(await effectsOf(order)).toBe(1)
  expect(await scene.holds(customer)).toBe(order.action === 'release' ? '100.2500000' : '0.0000000')
  expect(await scene.busyChannels()).toBe(0)
}

/** What it wanted to write was not its any more. */
const expectFenced = () => expect(scene.notices).toContainEqual(expect.objectContaining({ type: 'channelLost' }))

test('a worker that sleeps through its lease stores nothing on a channel that another has used meanwhile', async () => {
  const { treasury, cold, sponsor, issuer, channels } = scene.setup
  const [channel] = channels
  const accounts = {
    ...{ treasury: treasury.publicKey(), cold: cold.publicKey(), sponsor: sponsor.publicKey(), issuer: issuer.publicKey() },
    channels: [channel!.publicKey()],
  }
  const keys = { treasury: treasury.secret(), sponsor: sponsor.secret(), channels: [channel!.secret()] }
  const frozen = frozenAt('signed')
  const [late, quick] = [scene.order('lock'), scene.order('lock')]
  const sleeper = scene.adapter({ accounts, keys, checkpoint: frozen.checkpoint }).submit(late)
  await frozen.reached
  const survivor = scene.adapter({ accounts, keys })
  await carryOut(survivor, quick)
  frozen.thaw()
  await expect(sleeper).rejects.toMatchObject({ code: 'chain_unavailable' })
  expectFenced()
  expect(await scene.rows('select from stellar_attempts')).toHaveLength(1)
  await carryOut(survivor, late)
  expect(await effectsOf(late)).toBe(1)
  expect(await scene.rows('select from stellar_attempts')).toHaveLength(2)
})

describe.each(['lock', 'release', 'refund'] as const)('a worker that stops in the middle of a %s', action => {
  test.each(submitCheckpoints)('at "%s", and wakes up when another has done it: one effect', async name => {
    const survivor = scene.adapter()
    const { customer, order } = await prepared(action, survivor)
    const frozen = frozenAt(name)
    const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).submit(order)
    await frozen.reached
    await carryOut(survivor, order)
    await expectOneEffect(survivor, order, customer.publicKey())
    frozen.thaw()
    await sleeper.catch(unlessExpected)
    await scene.settle([survivor])
    await scene.close(2)
    await expectOneEffect(survivor, order, customer.publicKey())
  })

  test.each(tendCheckpoints)('at "%s" of its fate, and wakes up: one effect', async name => {
    const survivor = scene.adapter()
    const { customer, order } = await prepared(action, survivor)
    const frozen = frozenAt(name)
    const doomed = scene.adapter({ checkpoint: frozen.checkpoint })
    await doomed.submit(order)
    await scene.close()
    const sleeper = doomed.tend()
    await frozen.reached
    await carryOut(survivor, order)
    frozen.thaw()
    await sleeper
    if (name === 'observed') expectFenced()
    await scene.settle([survivor])
    await expectOneEffect(survivor, order, customer.publicKey())
  })

  test.skipIf(isRealNetwork).each(bumpCheckpoints)('at "%s" under surge, and wakes up: one effect', async name => {
    const survivor = scene.adapter()
    const { customer, order } = await prepared(action, survivor)
    const frozen = frozenAt(name)
    const doomed = scene.adapter({ checkpoint: frozen.checkpoint })
    scene.arm({ kind: 'timeout_before', times: 1 })
    await doomed.submit(order)
    scene.arm({ kind: 'surge', baseFee: 900 })
    await scene.close(2)
    let sleeper = Promise.resolve()
    const stopped = Symbol('stopped')
    for (let at: unknown; at !== stopped; await scene.close()) {
      sleeper = doomed.tend()
      at = await Promise.race([sleeper, frozen.reached.then(() => stopped)])
    }
    await carryOut(survivor, order)
    frozen.thaw()
    await sleeper.catch(unlessExpected)
    if (name === 'bumpSigned') expectFenced()
    await scene.settle([survivor])
    await expectOneEffect(survivor, order, customer.publicKey())
  })

  test.skipIf(isRealNetwork)('before it sends, and wakes up when its attempt is long dead and another has done it', async () => {
    const survivor = scene.adapter()
    const { customer, order } = await prepared(action, survivor)
    const frozen = frozenAt('stored')
    const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).submit(order)
    await frozen.reached
    scene.arm({ kind: 'drop' })
    await until('dead', async () => {
      await scene.close()
      await survivor.tend().catch(unlessExpected)
      return scene.notices.some(({ type }) => type === 'dead')
    })
    scene.heal()
    await carryOut(survivor, order)
    frozen.thaw()
    await sleeper
    await scene.close(2)
    await scene.settle([survivor])
    await expectOneEffect(survivor, order, customer.publicKey())
    expect(await scene.rows('select from stellar_attempts where fate = $1', ['dead'])).toHaveLength(1)
  })
})

test.skipIf(isRealNetwork)(
  'crashes, lost answers, drops, surges and lagging replicas in any order: every order ends once',
  async () => {
    const random = randomFrom(seed)
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
    const checkpoints: CheckpointName[] = [...submitCheckpoints, ...tendCheckpoints, ...bumpCheckpoints]
    const customer = await scene.customer()
    const mortal = () => scene.adapter({ checkpoint: frozenAt(pick(checkpoints)).checkpoint })
    const processes = [scene.adapter(), mortal()]
    const locks: ChainOrder[] = []
    const others: ChainOrder[] = []
    // A dead process never answers, so nothing waits for an answer; what fails is tried again below.
    const mistakes: unknown[] = []
    const launch = (work: Promise<unknown>) => void work.catch(unlessExpected).catch(error => mistakes.push(error))
    const timesOfFault = () => 1 + Math.floor(random() * 4)

    const steps: Record<string, () => Promise<void> | void> = {
      lock: () => {
        locks.push(scene.order('lock', scene.terms({ payee: customer.publicKey() })))
        launch(pick(processes).submit(locks.at(-1)!))
      },
      decide: () => {
        if (locks.length === 0) return
        const { terms } = pick(locks)
        others.push(scene.order(pick(['release', 'release', 'refund'] as const), terms, newKey()))
        launch(pick(processes).submit(others.at(-1)!))
      },
      repeat: () => {
        const all = [...locks, ...others]
        if (all.length > 0) launch(pick(processes).submit(pick(all)))
      },
      tend: () => launch(pick(processes).tend()),
      settle: () => processes[0]!.tend().catch(unlessExpected),
      crash: () => void processes.splice(1, 1, mortal()),
      lose: () =>
        void scene.arm({
          kind: pick(['timeout_before', 'timeout_after', 'disconnect_before', 'disconnect_after', 'drop'] as const),
          times: timesOfFault(),
        }),
      lag: () => void scene.arm({ kind: 'ingestion_lag', ledgers: timesOfFault(), times: timesOfFault() }),
      stale: () => void scene.arm({ kind: 'stale_history', ledgers: 20, times: timesOfFault() }),
      refuse: () => void scene.arm({ kind: 'refuse', times: timesOfFault() }),
      surge: () => void scene.arm({ kind: 'surge', baseFee: pick([500, 5_000]), times: timesOfFault() }),
      heal: () => scene.heal(),
      close: () => scene.close(1, 1 + Math.floor(random() * 10)),
      wait: () => scene.close(1, 50),
    }
    const weighted = [...Object.keys(steps), 'lock', 'decide', 'decide', 'settle', 'settle', 'close', 'close', 'close']
    for (let step = 0; step < 150; step++) await steps[pick(weighted)]!()

    scene.heal()
    const survivor = scene.adapter()
    for (const order of [...locks, ...others]) await carryOut(survivor, order)
    // Who asked before the lock was stored has had his answer: like the saga, he asks again under another key.
    for (const { key, action, terms } of [...others]) {
      const found = await survivor.find(key)
      if (found.kind !== 'refused' || found.code !== 'escrow_not_open') continue
      others.push(scene.order(action, terms, newKey()))
      await carryOut(survivor, others.at(-1)!)
    }
    await scene.settle([survivor])
    expect(mistakes).toEqual([])

    const onLedger = (await scene.allOnLedger()).filter(tx => tx.successful)
    let paid = 0n
    for (const lock of locks) {
      expect(await survivor.find(lock.key)).toMatchObject({ kind: 'done' })
      const decided = others.filter(order => order.terms.ref === lock.terms.ref)
      const found = await Promise.all(decided.map(order => survivor.find(order.key)))
      const winners = decided.filter((_, index) => found[index]!.kind === 'done')
      expect(found.filter(({ kind }) => kind === 'unknown')).toEqual([])
      expect(winners).toHaveLength(Math.min(1, decided.length))
      expect(onLedger.filter(tx => tx.memo === memoOf(lock.terms.ref))).toHaveLength(1 + winners.length)
      if (winners[0]?.action === 'release') paid += 1_002_500_000n
    }
    expect(BigInt((await scene.holds(customer.publicKey())).replace('.', ''))).toBe(paid)
    expect(await scene.busyChannels()).toBe(0)
  },
  120_000,
)
