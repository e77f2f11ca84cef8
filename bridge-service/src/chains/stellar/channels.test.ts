import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../../../../test/support/random.ts'
import { seed } from '../../../../test/support/seed.ts'
import {
  isRealNetwork,
  memoOf,
  type StellarScene,
  startStellarWorld,
  unlessExpected,
} from '../../../../test/support/stellar-world.ts'
import type { ChainOrder } from '../chain.ts'

const channels = 20
/** `STELLAR_RELEASES=1000 vitest run …` for the whole of it. */
const releases = Number(process.env.STELLAR_RELEASES ?? 200)

let world: Awaited<ReturnType<typeof startStellarWorld>>
let scene: StellarScene
beforeAll(async () => {
  world = await startStellarWorld({ channels })
  scene = await world.open()
})
afterAll(async () => {
  await scene?.end()
  await world?.stop()
})

/** Submits what is not stored yet until no channel is free, closes a ledger, tends; until all is done. Gives our transactions per ledger. */
const work = async (orders: readonly ChainOrder[], mischief: () => void): Promise<number[]> => {
  const workers = [scene.adapter(), scene.adapter()]
  const waiting = new Set(orders)
  const perLedger: number[] = []
  for (let ledger = 0; ledger < orders.length * 2 + 100; ledger++) {
    mischief()
    let free = true
    while (free && waiting.size > 0) {
      const some = [...waiting].slice(0, channels)
      const outcomes = await Promise.all(some.map((order, at) => workers[at % 2]!.submit(order).catch(unlessExpected)))
      for (const [at, outcome] of outcomes.entries()) if (outcome) waiting.delete(some[at]!)
      free = outcomes.every(outcome => outcome !== undefined)
    }
    await scene.close()
    perLedger.push(
      scene
        .node()
        .network()
        .last()
        .transactions.filter(tx => tx.successful && channelSet().has(tx.sourceAccount)).length,
    )
    await Promise.all(workers.map(worker => worker.tend().catch(unlessExpected)))
    const [open] = await scene.rows<{ open: number }>(
      `select count(*)::int as open from stellar_txs where status in ('open', 'waiting')`,
    )
    if (waiting.size === 0 && open!.open === 0) return perLedger
  }
  throw new Error(`${waiting.size} orders were never taken`)
}
const channelSet = () => new Set(scene.setup.channels.map(channel => channel.publicKey()))

test.skipIf(isRealNetwork)(
  `${channels} channels, ${releases} locks and releases: every ledger is full without faults, nothing is doubled or lost with all of them`,
  async () => {
    const customer = await scene.customer()
    const terms = Array.from({ length: releases }, () => scene.terms({ payee: customer.publicKey(), refundAfter: 2 ** 31 }))
    const full = await work(
      terms.map(of => scene.order('lock', of)),
      () => {},
    )
    expect(full).toEqual(
      Array.from({ length: Math.ceil(releases / channels) }, (_, at) => Math.min(channels, releases - at * channels)),
    )

    const random = randomFrom(seed)
    const times = (most: number) => 1 + Math.floor(random() * most)
    const faults = [
      () => scene.arm({ kind: 'timeout_before', times: times(10) }),
      () => scene.arm({ kind: 'timeout_after', times: times(10) }),
      () => scene.arm({ kind: 'disconnect_before', times: times(10) }),
      () => scene.arm({ kind: 'disconnect_after', times: times(10) }),
      () => scene.arm({ kind: 'drop', times: times(20) }),
      () => scene.arm({ kind: 'stale_history', ledgers: times(30), times: times(40) }),
      () => scene.arm({ kind: 'ingestion_lag', ledgers: times(6), times: times(6) }),
      () => scene.arm({ kind: 'surge', baseFee: 100 * (1 + times(80)), times: times(6) }),
      () => scene.arm({ kind: 'history_trimmed', keep: times(20), times: times(4) }),
      () => scene.arm({ kind: 'refuse', times: times(20) }),
    ]
    const orders = terms.map(of => scene.order('release', of))
    let ledgers = 0
    const spent = await work(orders, () => {
      // Mischief for a while, and then peace, so that it ends.
      if (ledgers++ > releases / 2) return scene.heal()
      for (let count = 1 + Math.floor(random() * 3); count > 0; count--) faults[Math.floor(random() * faults.length)]!()
    })
    scene.heal()
    const heard = ['dead', 'bumped', 'submissionRejected', 'historyGap', 'failed', 'channelLost', 'feeCapReached'].map(
      type => `${scene.notices.filter(notice => notice.type === type).length} ${type}`,
    )
    console.log(`${releases} releases took ${spent.length} ledgers under faults: ${heard.join(', ')}`)
    // Nothing of ours ever met its twin on the ledger.
    expect(scene.notices.filter(({ type }) => type === 'failed')).toEqual([])

    const survivor = scene.adapter()
    for (const order of orders) expect(await survivor.find(order.key)).toMatchObject({ kind: 'done' })
    const effects = new Map<string, number>()
    for (const tx of (await scene.allOnLedger()).filter(({ successful }) => successful))
      effects.set(tx.memo ?? '', (effects.get(tx.memo ?? '') ?? 0) + 1)
    expect(terms.map(({ ref }) => effects.get(memoOf(ref)))).toEqual(terms.map(() => 2))
    expect(BigInt((await scene.holds(customer.publicKey())).replace('.', ''))).toBe(BigInt(releases) * 1_002_500_000n)
    expect(await scene.rows("select from stellar_attempts where fate = 'open'")).toEqual([])
    expect(await scene.rows('select from stellar_channels where lease_until > now()')).toEqual([])
  },
  600_000,
)
