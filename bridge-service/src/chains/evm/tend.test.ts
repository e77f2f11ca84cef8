import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { markFork } from '../../../../scripts/local/reorg.ts'
import { type EvmScene, frozenAt, startEvmWorld, until } from '../../../../test/support/evm-world.ts'
import type { Chain, ChainOrder } from '../chain.ts'
import type { CheckpointName } from './checkpoint.ts'

let world: Awaited<ReturnType<typeof startEvmWorld>>
let scene: EvmScene
beforeAll(async () => {
  world = await startEvmWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  scene = await world.open()
})
afterEach(() => scene.close())

const gwei = 1_000_000_000n
const versions = () =>
  scene.rows<{ hash: `0x${string}`; version: number; max_fee_per_gas: string }>(
    'select hash, version, max_fee_per_gas from evm_tx_versions order by intent_key, version',
  )
const statusOf = async (order: ChainOrder) =>
  (
    await scene.rows<{ status: string; final: boolean }>(
      'select status, final_at is not null as final from evm_txs where intent_key = $1',
      [order.key],
    )
  )[0]
const noticesOf = (type: string) => scene.notices.filter(notice => notice.type === type)

/** The next block asks for this base fee: more than was offered, and what is pending stays so. */
const mineAt = async (baseFeePerGas: bigint) => {
  await scene.client.setNextBlockBaseFeePerGas({ baseFeePerGas })
  await scene.mine()
}
const waitUntilStuck = () => {
  scene.clock.nowMs += 60_000
}
/** The old worker's lease ends by itself; a new one then does all there is to do. */
const tendUntilDone = (chain: Chain, order: ChainOrder) =>
  until('inclusion', async () => {
    await chain.tend()
    await scene.mine()
    return (await chain.find(order.key)).kind === 'done'
  })
const expectOneEscrow = async (order: ChainOrder) => expect(await scene.events('Locked', order.terms.ref)).toHaveLength(1)

describe('a crash while an order is submitted', () => {
  const points: CheckpointName[] = ['allocated', 'stored', 'broadcast']

  test.each(points)('after %s: the next worker finishes it alone, and later orders are not held up', async point => {
    const crash = frozenAt(point)
    const lock = scene.order('lock')
    void scene.adapter({ checkpoint: crash.checkpoint }).submit(lock)
    await crash.reached

    const chain = scene.adapter()
    const later = scene.order('lock')
    await chain.submit(later)
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    await tendUntilDone(chain, lock)
    await tendUntilDone(chain, later)
    await expectOneEscrow(lock)
    await expectOneEscrow(later)
    expect(await versions()).toHaveLength(2)
  })

  test.each(points)('after %s: the same order again finishes it', async point => {
    const crash = frozenAt(point)
    const lock = scene.order('lock')
    void scene.adapter({ checkpoint: crash.checkpoint }).submit(lock)
    await crash.reached

    const chain = scene.adapter()
    expect(await chain.submit(lock)).toMatchObject({ kind: 'done' })
    await scene.mine()
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'done' })
    await expectOneEscrow(lock)
    expect(await versions()).toHaveLength(1)
  })

  test('a submitter that slept while its order was finished sends nothing of its own', async () => {
    const frozen = frozenAt('allocated')
    const lock = scene.order('lock')
    const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).submit(lock)
    await frozen.reached
    const chain = scene.adapter()
    await tendUntilDone(chain, lock)
    frozen.thaw()
    expect(await sleeper).toEqual(await chain.find(lock.key))
    expect(await versions()).toHaveLength(1)
    await expectOneEscrow(lock)
  })

  test('without anyone who tends, a nonce that was never signed holds up all later ones (why tend is needed)', async () => {
    const crash = frozenAt('allocated')
    void scene.adapter({ checkpoint: crash.checkpoint }).submit(scene.order('lock'))
    await crash.reached
    const later = scene.order('lock')
    await scene.adapter().submit(later)
    await scene.mine(3)
    expect(await scene.events('Locked')).toEqual([])
  })
})

describe('a crash of the worker that tends', () => {
  test('after it signed what a crash had left unsigned', async () => {
    const first = frozenAt('allocated')
    const lock = scene.order('lock')
    void scene.adapter({ checkpoint: first.checkpoint }).submit(lock)
    await first.reached
    const second = frozenAt('completed')
    void scene.adapter({ checkpoint: second.checkpoint }).tend()
    await second.reached
    await tendUntilDone(scene.adapter(), lock)
    await expectOneEscrow(lock)
    expect(await versions()).toHaveLength(1)
  })

  test.each(['observed', 'recorded'] as const)('after it had %s an inclusion', async point => {
    const lock = scene.order('lock')
    await scene.adapter().submit(lock)
    await scene.mine()
    const crash = frozenAt(point)
    void scene.adapter({ checkpoint: crash.checkpoint }).tend()
    await crash.reached
    const chain = scene.adapter()
    await until('included', async () => {
      await chain.tend()
      return (await statusOf(lock))?.status === 'included'
    })
    await expectOneEscrow(lock)
  })

  test.each([
    ['replacementSigned', 2],
    ['replacementStored', 2],
  ] as const)('at %s: the next one goes on, and exactly one version is mined', async (point, expected) => {
    const lock = scene.order('lock')
    await scene.adapter().submit(lock)
    await mineAt(100n * gwei)
    waitUntilStuck()
    const crash = frozenAt(point)
    void scene.adapter({ checkpoint: crash.checkpoint }).tend()
    await crash.reached
    const chain = scene.adapter()
    await until('replacement', async () => {
      await chain.tend()
      return (await versions()).length === expected && scene.proxy.broadcasts.length >= 2
    })
    await scene.client.setNextBlockBaseFeePerGas({ baseFeePerGas: 100n * gwei })
    await tendUntilDone(chain, lock)
    expect(await versions()).toHaveLength(expected)
    await expectOneEscrow(lock)
  })
})

describe('a transaction that nobody mines', () => {
  test('is sent again with the same bytes while it is young', async () => {
    const chain = scene.adapter()
    await chain.submit(scene.order('lock'))
    await mineAt(100n * gwei)
    await chain.tend()
    await chain.tend()
    expect(scene.proxy.broadcasts).toHaveLength(3)
    expect(new Set(scene.proxy.broadcasts).size).toBe(1)
    expect(await versions()).toHaveLength(1)
  })

  test('is replaced at the same nonce once it is stuck, and exactly one of its hashes is mined', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    await mineAt(100n * gwei)
    waitUntilStuck()
    await chain.tend()
    const [first, second, ...others] = await versions()
    expect(others).toEqual([])
    expect(BigInt(second!.max_fee_per_gas) * 8n).toBeGreaterThanOrEqual(BigInt(first!.max_fee_per_gas) * 9n)
    expect(noticesOf('replaced')).toMatchObject([{ hash: second!.hash, version: 1 }])
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })

    await mineAt(100n * gwei)
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'done', value: { hash: second!.hash } })
    await expect(scene.client.getTransactionReceipt({ hash: first!.hash })).rejects.toMatchObject({
      name: 'TransactionReceiptNotFoundError',
    })
    await chain.tend()
    expect(await statusOf(lock)).toEqual({ status: 'included', final: false })
    await expectOneEscrow(lock)
  })

  test('and whose first version is mined after all is found by that hash', async () => {
    const lock = scene.order('lock')
    const submitted = await scene.adapter().submit(lock)
    await mineAt(100n * gwei)
    waitUntilStuck()
    const crash = frozenAt('replacementStored')
    void scene.adapter({ checkpoint: crash.checkpoint }).tend()
    await crash.reached
    await mineAt(gwei / 10n)
    const chain = scene.adapter()
    expect(await versions()).toHaveLength(2)
    expect(await chain.find(lock.key)).toEqual(submitted)
    await until('included', async () => {
      await chain.tend()
      return (await statusOf(lock))?.status === 'included'
    })
    await expectOneEscrow(lock)
  })

  test('with everyone behind it underpriced is replaced together with them', async () => {
    const chain = scene.adapter()
    const orders = [scene.order('lock'), scene.order('lock'), scene.order('lock')]
    for (const order of orders) await chain.submit(order)
    await mineAt(100n * gwei)
    waitUntilStuck()
    await chain.tend()
    expect(await versions()).toHaveLength(6)
    await mineAt(100n * gwei)
    for (const order of orders) expect(await chain.find(order.key)).toMatchObject({ kind: 'done' })
  })

  test('is not made dearer while there are no blocks at all', async () => {
    const chain = scene.adapter()
    await chain.submit(scene.order('lock'))
    waitUntilStuck()
    await chain.tend()
    expect(await versions()).toHaveLength(1)
  })

  test('is not made dearer than the cap: it says so and waits', async () => {
    const base = (await scene.client.getBlock()).baseFeePerGas!
    const chain = scene.adapter({ fees: { maxFeePerGasCap: base * 2n } })
    const lock = scene.order('lock')
    await chain.submit(lock)
    await mineAt(100n * gwei)
    waitUntilStuck()
    await chain.tend()
    expect(await versions()).toHaveLength(1)
    expect(noticesOf('feeCapReached')).toHaveLength(1)
    await mineAt(base)
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'done' })
  })
})

describe('an included transaction', () => {
  test('that a reorg removes is put back, sent with the same bytes, and included again: one escrow', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    const fork = await markFork(scene.nodeUrl)
    const submitted = await chain.submit(lock)
    await scene.mine()
    await chain.tend()
    expect(await statusOf(lock)).toEqual({ status: 'included', final: false })

    await fork.reorg({ blocks: 2 })
    expect(await scene.events('Locked', lock.terms.ref)).toEqual([])
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    // Signed long ago, but on its way again only since now: no reason to pay more.
    waitUntilStuck()
    await chain.tend()
    expect(await statusOf(lock)).toEqual({ status: 'signed', final: false })
    expect(noticesOf('orphaned')).toHaveLength(1)
    await mineAt(100n * gwei)
    await chain.tend()
    expect(await versions()).toHaveLength(1)

    await mineAt(gwei / 10n)
    await chain.tend()
    expect(await chain.find(lock.key)).toEqual(submitted)
    expect(await statusOf(lock)).toEqual({ status: 'included', final: false })
    expect(new Set(scene.proxy.broadcasts).size).toBe(1)
    expect(await versions()).toHaveLength(1)
    await expectOneEscrow(lock)
  })

  test('that moved to another block is followed there', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    const fork = await markFork(scene.nodeUrl)
    await chain.submit(lock)
    await scene.mine()
    await chain.tend()
    await fork.reorg({ blocks: 1 })
    await scene.client.sendRawTransaction({ serializedTransaction: scene.proxy.broadcasts[0] as `0x${string}` })
    await scene.mine()
    const { blockHash } = (await scene.events('Locked', lock.terms.ref))[0]!
    await chain.tend()
    expect(await scene.rows('select status, block_hash from evm_txs')).toEqual([{ status: 'included', block_hash: blockHash }])
  })

  test('is final at the configured depth and not before, and then no longer watched', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    await scene.mine()
    await scene.mine(2)
    await chain.tend()
    expect(await statusOf(lock)).toEqual({ status: 'included', final: false })
    await scene.mine()
    await chain.tend()
    expect(await statusOf(lock)).toEqual({ status: 'included', final: true })
    let receiptsAsked = 0
    scene.proxy.fault = method => {
      if (method === 'eth_getTransactionReceipt') receiptsAsked++
      return undefined
    }
    await chain.tend()
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'done' })
    expect(receiptsAsked).toBe(0)
  })
})

describe('a nonce that a foreign transaction consumed', () => {
  test('is a loud state, the outcome stays unknown, and the lane goes on', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    const submitted = await chain.submit(lock)
    const nonce = submitted.kind === 'done' ? Number(submitted.value.nonce) : Number.NaN
    await scene.asThief({ nonce, maxFeePerGas: 50n * gwei, maxPriorityFeePerGas: 50n * gwei })
    await scene.mine()
    await chain.tend()
    await chain.tend()
    expect(noticesOf('nonceUsurped')).toEqual([{ type: 'nonceUsurped', sender: chain.treasury, nonce, key: lock.key }])
    expect(await statusOf(lock)).toEqual({ status: 'usurped', final: false })
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    expect(await chain.submit(lock)).toMatchObject({ kind: 'unknown' })

    const next = scene.order('lock')
    expect(await chain.submit(next)).toMatchObject({ kind: 'done', value: { nonce: String(nonce + 1) } })
    await scene.mine()
    expect(await chain.find(next.key)).toMatchObject({ kind: 'done' })
    expect(await scene.events('Locked', lock.terms.ref)).toEqual([])
  })

  test('and that a reorg gives back is ours again', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    const fork = await markFork(scene.nodeUrl)
    const submitted = await chain.submit(lock)
    const nonce = submitted.kind === 'done' ? Number(submitted.value.nonce) : Number.NaN
    await scene.asThief({ nonce, maxFeePerGas: 50n * gwei, maxPriorityFeePerGas: 50n * gwei })
    await scene.mine()
    await chain.tend()
    expect(await statusOf(lock)).toMatchObject({ status: 'usurped' })
    await fork.reorg({ blocks: 2 })
    await chain.tend()
    await scene.mine()
    expect(await chain.find(lock.key)).toEqual(submitted)
    await chain.tend()
    expect(await statusOf(lock)).toMatchObject({ status: 'included' })
    await expectOneEscrow(lock)
  })
})

describe('two workers on one lane', () => {
  test('take turns: the second does nothing while the first holds the lease', async () => {
    const lock = scene.order('lock')
    const holder = scene.adapter({ leaseMs: 60_000 })
    await holder.submit(lock)
    await holder.tend()
    await scene.mine()
    await scene.adapter().tend()
    expect(await statusOf(lock)).toMatchObject({ status: 'signed' })
    await holder.tend()
    expect(await statusOf(lock)).toMatchObject({ status: 'included' })
  })

  test('one that slept through its lease cannot write what it saw', async () => {
    const lock = scene.order('lock')
    const fork = await markFork(scene.nodeUrl)
    await scene.adapter().submit(lock)
    await scene.mine()
    const frozen = frozenAt('observed')
    const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).tend()
    await frozen.reached
    // What it saw is no longer true.
    await fork.reorg({ blocks: 2 })
    const awake = scene.adapter()
    const epoch = async () =>
      Math.max(...(await scene.rows<{ e: number }>('select lease_epoch as e from nonce_lanes')).map(row => row.e))
    const before = await epoch()
    await until('change of hands', async () => {
      await awake.tend()
      return (await epoch()) > before
    })
    frozen.thaw()
    await sleeper
    expect(noticesOf('laneLost')).toHaveLength(1)
    expect(await statusOf(lock)).toMatchObject({ status: 'signed' })
    await tendUntilDone(awake, lock)
    await expectOneEscrow(lock)
  })

  test('one that slept through its lease cannot store a replacement', async () => {
    const lock = scene.order('lock')
    await scene.adapter().submit(lock)
    await mineAt(100n * gwei)
    waitUntilStuck()
    const frozen = frozenAt('replacementSigned')
    const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).tend()
    await frozen.reached
    // The other one has a cap: it takes the lane over and replaces nothing.
    const awake = scene.adapter({ fees: { maxFeePerGasCap: gwei } })
    await until('change of hands', async () => {
      await awake.tend()
      return noticesOf('feeCapReached').length > 0
    })
    frozen.thaw()
    await sleeper
    expect(noticesOf('laneLost')).toHaveLength(1)
    expect(await versions()).toHaveLength(1)
  })
})

test('what each sender has left for gas is reported', async () => {
  const chain = scene.adapter()
  const terms = scene.terms()
  await chain.submit(scene.order('lock', terms))
  await scene.mine()
  await chain.submit(scene.order('release', terms))
  await chain.tend()
  expect(noticesOf('gasBalance')).toEqual([
    { type: 'gasBalance', sender: expect.any(String), balanceWei: expect.any(BigInt) },
    { type: 'gasBalance', sender: expect.any(String), balanceWei: expect.any(BigInt) },
  ])
  expect(new Set(noticesOf('gasBalance').map(notice => 'sender' in notice && notice.sender))).toEqual(
    new Set([scene.deployment.treasury.address, scene.deployment.operator.address]),
  )
})

test('a chain that forgot what was final is said aloud, and gets the same bytes again', async () => {
  const chain = scene.adapter({ finalityDepth: 0 })
  const fork = await markFork(scene.nodeUrl)
  const [first, second] = [scene.order('lock'), scene.order('lock')]
  await chain.submit(first)
  await scene.mine()
  await chain.tend()
  await fork.reorg({ blocks: 2 })
  await chain.submit(second)
  await chain.tend()
  expect(noticesOf('laneGap')).toHaveLength(1)
  await tendUntilDone(chain, second)
  await expectOneEscrow(first)
  await expectOneEscrow(second)
  expect(await versions()).toHaveLength(2)
})
