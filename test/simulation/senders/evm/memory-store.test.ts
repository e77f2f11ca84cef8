import type { Hex } from 'viem'
import { expect, it } from 'vitest'
import { type Lanes, type Lease, nonceLanes, type Wanted } from '../../../../bridge-service/src/chains/evm/lanes.ts'
import { type NewVersion, type Observation, type TxStore, txStore } from '../../../../bridge-service/src/chains/evm/tx-store.ts'
import { refused } from '../../../../bridge-service/src/outcome.ts'
import { type Random, randomFrom } from '../../../../scripts/fuzz/reorg/random.ts'
import { seed } from '../../../support/seed.ts'
import { canonical } from '../../differential/canonical.ts'
import { virtualDatabase } from '../../differential/virtual-database.ts'
import type { Around } from '../../memory/connection.ts'
import { compareTwins, most, type TwinCall } from '../compare-twins.ts'
import { memoryLanes } from './memory-lanes.ts'
import { memoryTxStore } from './memory-tx-store.ts'
import { emptyEvmTables } from './tables.ts'

/** `DIFFERENTIAL_CALLS=20000 SEED=… vitest run …` asks for longer. */
const calls = Number(process.env.DIFFERENTIAL_CALLS ?? 300)
const startMs = Date.parse('2026-03-02T10:00:00.000Z')
const chain = 'evm:1'
const senders: readonly Hex[] = [`0x${'22'.repeat(20)}`, `0x${'44'.repeat(20)}`]
const owners = ['a', 'b'] as const

type Side = { readonly store: TxStore; readonly lanes: Readonly<Record<(typeof owners)[number], Lanes>> }
type Call = TwinCall<Side>
type Past = { readonly keys: string[]; readonly leases: Lease[]; readonly versions: NewVersion[] }

const anyCall = (random: Random, past: Past, nowMs: number): Call => {
  const key = () => (past.keys.length > 0 && random.chance(0.8) ? random.pick(past.keys) : `key-${random.between(0, 9_999)}`)
  const wanted = (): Wanted => {
    const fresh = key()
    past.keys.push(fresh)
    return {
      ...{ key: fresh, action: random.pick(['lock', 'commit', 'release', 'refund'] as const), sender: random.pick(senders) },
      ...{ to: `0x${'33'.repeat(20)}`, data: random.hex(8), gasLimit: BigInt(random.between(random.chance(0.05) ? 0 : 1, 9)) },
    }
  }
  const version = (): NewVersion => {
    if (past.versions.length > 0 && random.chance(0.15)) return random.pick(past.versions)
    const maxFeePerGas = BigInt(random.between(random.chance(0.03) ? 0 : 1, 1_000))
    const tip = BigInt(random.between(0, Number(maxFeePerGas))) + (random.chance(0.03) ? 1n : 0n)
    const made: NewVersion = {
      ...{ key: key(), version: random.between(0, 2), hash: random.hex(32), raw: random.hex(12) },
      ...{ fees: { maxFeePerGas, maxPriorityFeePerGas: tip }, signedAtMs: nowMs, signedHead: BigInt(random.between(0, 99)) },
    }
    past.versions.push(made)
    return made
  }
  const distinct = <T>(list: readonly T[], of: (item: T) => string) => [...new Map(list.map(item => [of(item), item])).values()]
  const some = <T>(make: () => T): T[] => Array.from({ length: random.between(1, 3) }, make)
  const observation = (): Observation => {
    const status = random.pick(['signed', 'included', 'included', 'reverted', 'usurped', 'allocated'] as const)
    const isInBlock = (status === 'included' || status === 'reverted') !== random.chance(0.03)
    const blockNumber = BigInt(random.between(1, 99))
    return {
      ...{ key: key(), status, final: isInBlock && random.chance(0.4) },
      ...(isInBlock ? { inclusion: { hash: random.hex(32), blockNumber, blockHash: random.hex(32) } } : {}),
    }
  }
  const owner = random.pick(owners)
  const lease: Lease =
    past.leases.length > 0
      ? random.pick(past.leases.slice(-4))
      : { sender: random.pick(senders), owner, epoch: random.between(0, 2) }

  const kinds: readonly (() => Call)[] = [
    () => {
      const sender = random.pick(senders)
      const count = random.pick([0, 0, 1, 2, 5, 40])
      const orders = some(wanted).map(each => ({ ...each, sender }))
      return { name: 'allocate', ask: ({ lanes }) => lanes[owner].allocate(sender, count, orders) }
    },
    () => {
      const { gasLimit: _none, ...call } = wanted()
      return { name: 'refuse', ask: ({ lanes }) => lanes[owner].refuse(call, refused('EscrowNotOpen', 'why')) }
    },
    () => {
      const sender = random.pick(senders)
      const leaseMs = random.pick([100, 5_000])
      return {
        name: 'hold',
        ask: ({ lanes }) => lanes[owner].hold(sender, leaseMs),
        learn: (got: Lease | undefined) => got && past.leases.push(got),
      }
    },
    () => {
      const versions = some(version)
      return { name: 'storeFirst', ask: ({ store }) => store.storeFirst(versions) }
    },
    () => {
      const versions = some(version)
      return { name: 'storeFenced', ask: ({ store }) => store.storeFenced(lease, versions) }
    },
    () => {
      const seen = distinct(some(observation), ({ key }) => key)
      return { name: 'record', ask: ({ store }) => store.record(lease, seen, nowMs) }
    },
    () => {
      const keys = some(key)
      return { name: 'byKeys', ask: ({ store }) => store.byKeys(keys) }
    },
    () => {
      const one = key()
      return { name: 'refusalOf', ask: ({ store }) => store.refusalOf(one) }
    },
    () => {
      const hashes = past.versions.slice(-5).map(({ hash }) => hash)
      return { name: 'rawOf', ask: ({ store }) => store.rawOf(hashes) }
    },
  ]
  return random.pick(kinds)()
}

const startTwins = async (spoil: (side: Side) => Side) => {
  const postgres = await virtualDatabase()
  let nowMs = startMs
  const tables = emptyEvmTables()
  const around: Around = (_call, effect) => effect()
  const keeping = { tables, chain, nowMs: () => nowMs, around, transfersOf: () => [] }
  const real: Side = {
    store: txStore(postgres.app, chain),
    lanes: { a: nonceLanes(postgres.app, chain, 'a'), b: nonceLanes(postgres.app, chain, 'b') },
  }
  const made = spoil({
    store: memoryTxStore(keeping),
    lanes: { a: memoryLanes(keeping, 'a'), b: memoryLanes(keeping, 'b') },
  })
  const pass = async (ms: number) => {
    nowMs += ms
    await postgres.setTime(nowMs)
  }
  await pass(0)
  const lanesOf = async () => {
    const { rows } = await postgres.owner.query(
      `select chain, sender, next_nonce::int as "nextNonce", lease_owner as owner, lease_epoch as epoch,
              coalesce(round(extract(epoch from lease_until) * 1000), 0)::text as "untilMs" from nonce_lanes`,
    )
    return rows.map(({ owner, ...row }) => canonical({ ...row, owner: owner ?? undefined })).sort()
  }
  const held = () => [...tables.nonce_lanes.values()].map(row => canonical({ ...row, untilMs: String(row.untilMs) })).sort()
  return { real, made, pass, nowMs: () => nowMs, lanesOf, held, close: postgres.close }
}

const mustBeMet = ['allocate', 'hold', 'storeFenced', 'record', 'byKeys', 'refusalOf', 'rawOf', 'a law is broken']

const compare = async (from: number, count: number, spoil: (side: Side) => Side = side => side): Promise<Map<string, number>> => {
  const random = randomFrom(from)
  const twins = await startTwins(spoil)
  const past: Past = { keys: [], leases: [], versions: [] }
  return compareTwins(twins, {
    ...{ seed: from, count, mustBeMet },
    next: async () => {
      await twins.pass(random.pick([1, 1, 50, 200, 6_000]))
      return anyCall(random, past, twins.nowMs())
    },
    sameAfter: async same => {
      for (const sender of senders) {
        same('what is open after', await twins.made.store.open(sender), await twins.real.store.open(sender))
        same('what is final after', await twins.made.store.finalFrom(sender, 1), await twins.real.store.finalFrom(sender, 1))
      }
      same('the lanes after', twins.held(), await twins.lanesOf())
    },
    metBy: (name, answer) => (isSomething(answer) ? name : undefined),
  })
}

const isSomething = (answer: unknown): boolean =>
  answer instanceof Map ? answer.size > 0 : answer !== undefined && answer !== false && canonical(answer) !== '{}'

it('keeps for the senders of EVM chains what Postgres keeps', async () => {
  const met = await compare(seed, calls)
  for (const name of mustBeMet) expect(met.get(name) ?? 0, name).toBeGreaterThan(0)
}, 600_000)

it.each<[string, (side: Side) => Side]>([
  [
    'a lease that never ends',
    side => ({ ...side, lanes: { ...side.lanes, b: { ...side.lanes.b, hold: async () => undefined } } }),
  ],
  ['a fence that holds nobody', side => ({ ...side, store: { ...side.store, record: async () => true } })],
  [
    'a nonce that is given out for what was refused',
    side => ({ ...side, lanes: { ...side.lanes, a: { ...side.lanes.a, refuse: async () => {} } } }),
  ],
])(
  'a memory with %s is found out',
  async (_, spoil) => {
    await expect(compare(seed, most, spoil)).rejects.toThrow()
  },
  600_000,
)
