import { afterAll, beforeAll, expect, test } from 'vitest'
import { markFork } from '../../../../scripts/local/reorg.ts'
import { type EvmScene, frozenAt, startEvmWorld, until } from '../../../../test/support/evm-world.ts'
import type { ChainOrder } from '../chain.ts'
import type { CheckpointName } from './checkpoint.ts'

let world: Awaited<ReturnType<typeof startEvmWorld>>
let scene: EvmScene
beforeAll(async () => {
  world = await startEvmWorld()
  scene = await world.open()
})
afterAll(async () => {
  await scene?.close()
  await world?.stop()
})

const gwei = 1_000_000_000n
const checkpoints: CheckpointName[] = [
  ...(['simulated', 'allocated', 'stored', 'broadcast', 'completed'] as const),
  ...(['observed', 'recorded', 'replacementSigned', 'replacementStored'] as const),
]

/** mulberry32: a small seeded generator, so that a failure can be run again. */
const generator = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

test('lost messages, crashes, reorgs and fee spikes in any order: every order ends in exactly one escrow', async () => {
  const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`CHAOS_SEED=${seed}`)
  const random = generator(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!

  const settings = { finalityDepth: 1_000, leaseMs: 50 }
  const mortal = () => scene.adapter({ ...settings, checkpoint: frozenAt(pick(checkpoints)).checkpoint })
  const processes = [scene.adapter(settings), mortal()]
  const firstNonce = await scene.client.getTransactionCount({ address: scene.deployment.treasury.address })
  const orders: ChainOrder[] = []
  // A dead process never answers, so nothing waits for an answer; what fails is tried again below.
  const launch = (work: Promise<unknown>) => void work.catch(() => {})

  const steps: Record<string, () => Promise<void> | void> = {
    submit: () => {
      orders.push(scene.order('lock'))
      launch(pick(processes).submit(orders.at(-1)!))
    },
    repeat: () => {
      if (orders.length > 0) launch(pick(processes).submit(pick(orders)))
    },
    tend: () => launch(pick(processes).tend()),
    settle: () => processes[0]!.tend().catch(() => {}),
    crash: () => void processes.splice(1, 1, mortal()),
    lose: () => {
      const lost = pick(['answerLost', 'requestLost'] as const)
      scene.proxy.fault = method => (method === 'eth_sendRawTransaction' || random() < 0.05 ? lost : undefined)
    },
    heal: () => {
      scene.proxy.fault = () => undefined
    },
    mine: async () => void (await scene.mine()),
    spike: async () => {
      await scene.client.setNextBlockBaseFeePerGas({ baseFeePerGas: BigInt(1 + Math.floor(random() * 60)) * gwei })
      await scene.mine()
    },
    wait: () => {
      scene.clock.nowMs += 60_000
    },
    reorg: async () => {
      const fork = await markFork(scene.nodeUrl)
      await scene.mine()
      await processes[0]!.tend().catch(() => {})
      await fork.reorg()
    },
  }
  for (let step = 0; step < 150; step++) await steps[pick([...Object.keys(steps), 'submit', 'settle', 'mine'])]!()

  scene.proxy.fault = () => undefined
  const survivor = scene.adapter(settings)
  for (const order of orders)
    await until('taken', async () => {
      await scene.client.setNextBlockBaseFeePerGas({ baseFeePerGas: gwei })
      await scene.mine()
      return (await survivor.submit(order)).kind === 'done'
    })
  await until(
    'all included',
    async () => {
      await survivor.tend()
      await scene.client.setNextBlockBaseFeePerGas({ baseFeePerGas: gwei })
      await scene.mine()
      await survivor.tend()
      return (await scene.rows("select from evm_txs where status <> 'included'")).length === 0
    },
    20_000,
  )

  const refs = (await scene.events('Locked')).map(event => event.args.ref)
  expect(refs.toSorted()).toEqual(orders.map(order => order.terms.ref).toSorted())
  const nonces = await scene.rows<{ nonce: string }>('select nonce from evm_txs order by nonce')
  expect(nonces.map(row => Number(row.nonce))).toEqual(orders.map((_, index) => firstNonce + index))
  for (const order of orders) expect(await survivor.find(order.key)).toMatchObject({ kind: 'done' })
})
