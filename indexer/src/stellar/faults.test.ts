import { Memo } from '@stellar/stellar-sdk/base'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../../scripts/local/stellar/faults.ts'
import { openStellarIndexer, type StellarIndexer } from '../../support/stellar-indexer.ts'
import { customer, hot, pay } from '../../support/stellar-transactions.ts'
import { type StellarWorld, startStellarWorld } from '../../support/stellar-world.ts'
import { until } from '../../support/until.ts'
import type { StellarChainConfig } from '../config.ts'

let world: StellarWorld
let indexer: StellarIndexer
let paid: number

beforeEach(async () => {
  world = await startStellarWorld()
  paid = 0
})
afterEach(async () => {
  await indexer?.close()
  await world?.stop()
})

/** So many ledgers with a payment each, that must not be missed. */
const pays = (count: number) => {
  for (let i = 0; i < count; i++) world.apply([pay(customer, hot, '1')], { memo: Memo.id(String(++paid)) })
}
const subjects = async () => (await indexer.tables.inbox()).map(({ subject }) => Number(subject)).sort((a, b) => a - b)
const all = () => Array.from({ length: paid }, (_, i) => i + 1)

describe.each<
  [string, (world: StellarWorld) => Partial<StellarChainConfig>, readonly ('root' | 'ledgers' | 'transactions' | 'rpc')[]]
>([
  ['Horizon', ({ url }) => ({ horizonUrl: url }), ['root', 'ledgers', 'transactions']],
  ['Stellar RPC', ({ rpcUrl }) => ({ rpcUrl }), ['rpc']],
])('over %s', (_, source, routes) => {
  const open = async (over: Partial<StellarChainConfig> = {}) => {
    indexer = await openStellarIndexer(world, source(world))
    await indexer.start(over)
  }
  const faultsOf = (on: (typeof routes)[number]): Fault[] => [
    { kind: 'refuse', on, status: 503, times: 3 },
    { kind: 'refuse', on, status: 500, times: 1 },
    { kind: 'stale_history', on, ledgers: 3, times: 3 },
    { kind: 'stale_history', on, ledgers: 1_000, times: 2 },
    ...(on === 'root'
      ? []
      : ([
          { kind: 'short_page', on, keep: 1, times: 6 },
          { kind: 'short_page', on, keep: 0, times: 3 },
        ] as const)),
  ]

  test.each(routes)('whatever goes wrong with %s, nothing is lost', async route => {
    pays(3)
    await open()
    await indexer.caughtUp()
    for (const fault of faultsOf(route)) {
      const armed = world.faults.arm(fault)
      pays(4)
      const met = () => world.faults.list().find(({ id }) => id === armed.id)?.taken ?? 0
      await until(`${JSON.stringify(fault)} was met`, met, taken => taken > 0)
      await indexer.caughtUp()
      expect(await subjects()).toEqual(all())
    }
    expect(await indexer.tables.all('select * from chain_anomalies')).toEqual([])
    expect((await indexer.tables.inbox()).every(({ revision }) => revision === 1)).toBe(true)
  })

  test('a whole backfill through faults of every kind at once ends with the tables of a clean one', async () => {
    pays(30)
    await open()
    await indexer.caughtUp()
    const clean = await indexer.tables.digest()
    await indexer.close()
    for (const fault of routes.flatMap(faultsOf)) world.faults.arm(fault)
    await open({ batchSize: 3 })
    await indexer.caughtUp()
    expect(await indexer.tables.digest()).toEqual(clean)
  })

  test('while ingestion lags, what is not shown yet is not there, and nothing is amiss', async () => {
    pays(2)
    await open()
    await indexer.caughtUp()
    const before = await indexer.tables.cursor()
    const lag = world.faults.arm({ kind: 'ingestion_lag', ledgers: 3 })
    pays(5)
    await until('all that is ingested', indexer.tables.cursor, cursor => cursor === before + 2n)
    expect((await indexer.health()).status).toBe(200)
    world.faults.disarm(lag.id)
    await indexer.caughtUp()
    expect(await subjects()).toEqual(all())
  })

  test('history that is trimmed behind us is none of our business', async () => {
    pays(3)
    await open()
    await indexer.caughtUp()
    world.faults.arm({ kind: 'history_trimmed', keep: 1 })
    pays(1)
    await indexer.caughtUp()
    world.close()
    await indexer.caughtUp()
    expect((await indexer.health()).state).toBe('following')
  })

  test('history that is trimmed ahead of us halts: what comes next can no longer be read', async () => {
    pays(3)
    await open()
    await indexer.caughtUp()
    await indexer.stop()
    const before = await indexer.tables.digest()
    pays(5)
    world.faults.arm({ kind: 'history_trimmed', keep: 3 })
    await indexer.start()
    const { status, reason } = await indexer.state('halted')
    expect([status, reason]).toEqual([503, expect.stringMatching(/^history_gap/)])
    expect((await indexer.tables.head()).halted_reason).toBe(reason)
    expect((await indexer.tables.digest()).rows).toEqual(before.rows)
    expect(await indexer.metrics()).toContain('causeway_indexer_halted{chain="stellar:local"} 1')
    // Neither a node that has it again nor a restart makes it go on: a person does.
    world.faults.clear()
    await indexer.stop()
    await indexer.start()
    await indexer.state('halted')
    await indexer.stop()
    await indexer.tables.all('update chain_heads set halted_reason = null')
    await indexer.start()
    await indexer.caughtUp()
    expect(await subjects()).toEqual(all())
  })

  test('a node that lacks the first ledger is refused before anything is written', async () => {
    pays(6)
    world.faults.arm({ kind: 'history_trimmed', keep: 3 })
    await open()
    expect((await indexer.state('refused')).reason).toBe('history_gap')
    expect(await indexer.tables.head()).toBeUndefined()
  })

  test.each([
    ['shorter', 0],
    ['as long', 10],
    ['longer', 14],
  ])('another network in the place of ours, whose history is %s, halts; both are kept', async (_, ledgers) => {
    pays(10)
    await open()
    await indexer.caughtUp()
    const [height, ours] = [world.tip().sequence, await indexer.tables.inbox()]
    world.reset()
    for (let i = 0; i < ledgers; i++) world.close()
    expect(Math.sign(world.tip().sequence - height)).toBe(Math.sign(ledgers - 10))
    const { status, reason } = await indexer.state('halted')
    expect([status, reason]).toEqual([503, expect.stringMatching(/^network_reset/)])
    expect(await indexer.tables.inbox()).toEqual(ours)
    expect(await indexer.tables.all('select count(*)::int as rivals from chain_blocks where not canonical')).not.toEqual([
      { rivals: 0 },
    ])
    await indexer.stop()
    const before = await indexer.tables.digest()
    await indexer.start()
    await indexer.state('halted')
    expect(await indexer.tables.digest()).toEqual(before)
  })

  test('a network that ends below our first ledger is another one, if it stays so', async () => {
    pays(10)
    await open({ startLedger: 9n, silentCloses: 2, expectedCloseMs: 300 })
    await indexer.caughtUp()
    world.reset()
    expect((await indexer.state('halted')).reason).toMatch(/^network_reset/)
  })

  test('another passphrase is refused by empty tables, and a reset to full ones', async () => {
    pays(3)
    await open({ passphrase: 'Another network' })
    expect((await indexer.state('refused')).reason).toBe('network_mismatch')
    expect(await indexer.tables.head()).toBeUndefined()
    await indexer.stop()
    await indexer.start()
    await indexer.caughtUp()
    await indexer.stop()
    await indexer.start({ passphrase: 'Another network' })
    expect((await indexer.state('halted')).reason).toMatch(/^network_reset/)
  })

  test('tables of other accounts are refused', async () => {
    await open()
    await indexer.caughtUp()
    await indexer.stop()
    await indexer.start({ accounts: { treasury: hot, cold: customer } })
    expect((await indexer.state('refused')).reason).toBe('accounts_mismatch')
  })

  test('a network that stands still turns readiness red, and green again when it moves', async () => {
    pays(1)
    await open({ silentCloses: 2, expectedCloseMs: 100 })
    await indexer.caughtUp()
    expect((await indexer.state('silent')).status).toBe(503)
    expect(await indexer.metrics()).toContain('causeway_indexer_silent{chain="stellar:local"} 1')
    expect(indexer.lines.filter(({ message }) => message.startsWith('no new ledger'))).toHaveLength(1)
    // A replica that stands still is as silent as a network.
    world.faults.arm({ kind: 'stale_history', ledgers: 1 })
    pays(1)
    expect((await indexer.health()).status).toBe(503)
    world.faults.clear()
    await indexer.caughtUp()
    pays(1)
    await indexer.state('following')
  })

  test('a node that is away is waited for', async () => {
    await open()
    await indexer.caughtUp()
    for (const on of routes) world.faults.arm({ kind: 'refuse', on, status: 502 })
    expect((await indexer.state('retrying')).status).toBe(503)
    pays(3)
    world.faults.clear()
    await indexer.caughtUp()
    expect(await subjects()).toEqual(all())
  })

  test('of two at once one writes; the other takes over', async () => {
    await open()
    await indexer.caughtUp()
    const standby = await indexer.start()
    await indexer.state('standby')
    expect((await indexer.health(standby)).status).toBe(200)
    pays(4)
    await indexer.caughtUp()
    await indexer.stopFirst()
    await indexer.state('following')
    pays(2)
    await indexer.caughtUp()
    expect(await subjects()).toEqual(all())
    expect((await indexer.tables.inbox()).every(({ revision }) => revision === 1)).toBe(true)
  })
})

describe('the stream of Horizon', () => {
  const open = async (pollMs: number) => {
    indexer = await openStellarIndexer(world, { horizonUrl: world.url })
    await indexer.start({ pollMs })
    await indexer.caughtUp()
  }

  test('wakes at once', async () => {
    await open(60_000)
    pays(1)
    await indexer.caughtUp()
    pays(1)
    await indexer.caughtUp()
    expect(await subjects()).toEqual(all())
  })

  test('is not needed', async () => {
    await open(20)
    world.faults.arm({ kind: 'sse_missing' })
    pays(5)
    await indexer.caughtUp()
    expect(await subjects()).toEqual(all())
  })

  test('may say everything twice', async () => {
    await open(20)
    world.faults.arm({ kind: 'sse_duplicate' })
    pays(5)
    await indexer.caughtUp()
    expect(await subjects()).toEqual(all())
    expect((await indexer.tables.inbox()).every(({ revision }) => revision === 1)).toBe(true)
  })
})
