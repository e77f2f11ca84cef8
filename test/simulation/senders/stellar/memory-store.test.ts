import { expect, it } from 'vitest'
import { type Channels, channelLeases, type Lease } from '../../../../bridge-service/src/chains/stellar/channels.ts'
import type { StellarOrder, StellarTask } from '../../../../bridge-service/src/chains/stellar/task.ts'
import {
  type Attempt,
  type Ending,
  type NewAttempt,
  type TxStore,
  txStore,
} from '../../../../bridge-service/src/chains/stellar/tx-store.ts'
import { refused } from '../../../../bridge-service/src/outcome.ts'
import { type Random, randomFrom } from '../../../../scripts/fuzz/reorg/random.ts'
import { seed } from '../../../support/seed.ts'
import { canonical, sorted } from '../../differential/canonical.ts'
import { virtualDatabase } from '../../differential/virtual-database.ts'
import { compareTwins, most, type TwinCall } from '../compare-twins.ts'
import { memoryChannels } from './memory-channels.ts'
import { memoryTxStore } from './memory-tx-store.ts'
import { emptyStellarTables } from './tables.ts'

/** `DIFFERENTIAL_CALLS=20000 SEED=… vitest run …` asks for longer. */
const calls = Number(process.env.DIFFERENTIAL_CALLS ?? 300)
const startMs = Date.parse('2026-03-02T10:00:00.000Z')
const chain = 'stellar:sim'
const owners = ['a', 'b'] as const
const accounts = ['GC1', 'GC2', 'GC3'] as const

/** Of channels that have rested equally long nobody knows which is taken: each worker has one of each alone. */
type Workers = Readonly<Record<`${(typeof owners)[number]} ${(typeof accounts)[number]}`, Channels>>
type Side = { readonly store: TxStore; readonly workers: Workers }
type Call = TwinCall<Side>
type Past = { readonly orders: StellarOrder[]; readonly leases: Lease[]; readonly attempts: Attempt[] }

const workersOf = (make: (owner: string, account: string) => Channels): Workers =>
  Object.fromEntries(
    owners.flatMap(owner => accounts.map(account => [`${owner} ${account}`, make(owner, account)])),
  ) as unknown as Workers

const anyTask = (random: Random): StellarTask => {
  const hold = { ref: random.hex(32) as `0x${string}`, currency: 'USDC', amountMinor: '1', payer: 'GP', payee: 'GQ' } as const
  const terms = { ...hold, refundAfter: 1, hardDeadline: 2, onExpiry: 'refund' } as const
  const to = { ref: hold.ref, to: 'GP', ...(random.chance(0.9) ? { deposit: `0x${random.between(1, 3)}:0` } : {}) }
  return random.pick<StellarTask>([
    { action: 'lock', terms },
    { action: random.pick(['release', 'refund'] as const), terms },
    {
      ...{ action: 'claimDeposit', deposit: `0x${random.between(1, 3)}:0`, balanceId: 'b' },
      terms: { ref: hold.ref, currency: 'USDC', amountMinor: '1', customer: 'GP', refundAfter: 1 },
    },
    { action: 'returnDeposit', balanceId: 'b', ...to },
    { action: 'pay', token: 'native', stroops: '7', ...to },
  ])
}

const anyCall = (random: Random, past: Past): Call => {
  const order = (): StellarOrder => {
    if (past.orders.length > 0 && random.chance(0.75)) return random.pick(past.orders)
    const fresh = { key: `key-${past.orders.length}`, task: anyTask(random) }
    past.orders.push(fresh)
    return fresh
  }
  const worker = `${random.pick(owners)} ${random.pick(accounts)}` as const
  const lease = (): Lease =>
    past.leases.length > 0 && random.chance(0.9)
      ? random.pick(past.leases.slice(-4))
      : { channel: random.pick(accounts), owner: random.pick(owners), epoch: random.between(0, 2) }
  const attempt = (): Attempt | undefined => (past.attempts.length > 0 ? random.pick(past.attempts.slice(-6)) : undefined)
  const ending = (): Ending => {
    const inLedger = { ledger: BigInt(random.between(1, 99)), result: Buffer.from('00', 'hex') }
    return random.pick<Ending>([
      ...[{ fate: 'dead' } as const, { fate: 'dead' } as const, { fate: 'succeeded', ...inLedger } as const],
      ...[
        { fate: 'failed', ...inLedger } as const,
        { fate: 'failed', ...inLedger, refusal: { code: 'c', detail: 'd' } } as const,
      ],
    ])
  }
  const taking = (): Call => {
    const leaseMs = random.pick([100, 5_000, 60_000])
    const learn = (got: Lease | undefined) => void (got && past.leases.push(got))
    return { name: 'take', ask: ({ workers }) => workers[worker].take(leaseMs), learn }
  }
  const beginning = (): Call => {
    const wish = order()
    const { channel } = lease()
    const held = random.chance(0.8) ? (past.leases.findLast(each => each.channel === channel) ?? lease()) : lease()
    const tried = past.attempts.filter(({ key }) => key === wish.key).length
    const made: NewAttempt = {
      ...{ key: wish.key, attempt: random.chance(0.9) ? tried : random.between(0, 2), channel: held.channel },
      ...{ sequence: BigInt(random.between(random.chance(0.05) ? 0 : 1, 99)), hash: random.hex(8) as `0x${string}` },
      ...{ maxTime: 1_900_000_000n, balanceIds: random.chance(0.5) ? ['b'] : [], builtLedger: 5n, builtHash: '0xab' },
      ...{ envelope: Buffer.from(random.hex(4).slice(2), 'hex'), bid: BigInt(random.between(random.chance(0.05) ? 0 : 1, 99)) },
    }
    const escrowId = wish.task.action === 'lock' ? `0x${random.between(1, 3)}` : undefined
    return {
      name: 'begin',
      ask: ({ store }) => store.begin(held, wish, escrowId, made),
      learn: (answer: string) => {
        const { envelope: _envelope, bid, ...kept } = made
        const versions = [{ version: 0, hash: made.hash, bid, ledger: 5n }]
        if (answer === 'stored') past.attempts.push({ ...kept, doubtedLedger: undefined, fate: 'open', versions })
      },
    }
  }
  const about = (name: string, ask: (side: Side, attempt: Attempt, held: Lease) => Promise<unknown>): Call => {
    const one = attempt()
    const held = one && random.chance(0.8) ? (past.leases.findLast(({ channel }) => channel === one.channel) ?? lease()) : lease()
    return { name, ask: async side => one && ask(side, one, held) }
  }
  return random.pick<() => Call>([
    ...[taking, taking, taking, beginning, beginning, beginning, beginning],
    () => {
      const leaseMs = random.pick([100, 5_000])
      const learn = (got: readonly Lease[]) => void past.leases.push(...got)
      return { name: 'holdBusy', ask: async ({ workers }) => sorted(await workers[worker].holdBusy(leaseMs)), learn }
    },
    () => {
      const held = [lease()]
      return { name: 'release', ask: ({ workers }) => workers[worker].release(held) }
    },
    () => {
      const hash = random.hex(8) as `0x${string}`
      const version = { version: random.between(0, 2), hash, bid: BigInt(random.between(0, 9)), ledger: 6n }
      const envelope = Buffer.from('0102', 'hex')
      return about('bump', ({ store }, one, held) => store.bump(held, one, version, envelope))
    },
    () => about('doubt', ({ store }, one, held) => store.doubt(held, one, 7n)),
    () => {
      const how = ending()
      return about('end', ({ store }, one, held) => store.end(held, one, how))
    },
    () => {
      const how = ending()
      return about('end', ({ store }, one, held) => store.end(held, one, how))
    },
    () => {
      const wish = order()
      return { name: 'refuse', ask: ({ store }) => store.refuse(wish, refused('escrow_absent', 'why')) }
    },
    () => {
      const escrowId = `0x${random.between(1, 3)}`
      return { name: 'lockOf', ask: ({ store }) => store.lockOf(escrowId) }
    },
    () => {
      const fact = `0x${random.between(1, 3)}:0`
      const actions = random.pick([['claimDeposit'], ['returnDeposit', 'pay']] as const)
      return { name: 'ofDeposit', ask: ({ store }) => store.ofDeposit(fact, actions) }
    },
    () => {
      const some = accounts.filter(() => random.chance(0.5))
      return { name: 'openOn', ask: async ({ store }) => sorted(await store.openOn(some)) }
    },
    () => ({ name: 'waiting', ask: async ({ store }) => sorted(await store.waiting(1_000)) }),
    () => about('envelopeOf', ({ store }, { hash }) => store.envelopeOf(hash)),
  ])()
}

const startTwins = async (spoil: (side: Side) => Side) => {
  const postgres = await virtualDatabase()
  let nowMs = startMs
  const tables = emptyStellarTables()
  const keeping = {
    tables,
    nowMs: () => nowMs,
    around: <T>(_call: unknown, _keys: unknown, effect: () => Promise<T>) => effect(),
  }
  const real: Side = {
    store: txStore(postgres.app, chain),
    workers: workersOf((owner, account) => channelLeases(postgres.app, chain, owner, [account])),
  }
  const made = spoil({
    store: memoryTxStore(keeping),
    workers: workersOf((owner, account) => memoryChannels(keeping, owner, [account])),
  })
  const channels = async () => {
    const { rows } = await postgres.owner.query(
      `select account, sequence::text, lease_owner as owner, lease_epoch as epoch,
              (extract(epoch from lease_until) * 1000)::bigint::text as "untilMs" from stellar_channels`,
    )
    return rows.map(row => canonical({ ...row, sequence: row.sequence ?? 'none', owner: row.owner ?? 'none' })).sort()
  }
  const held = () =>
    [...tables.channels.values()]
      .map(({ account, sequence, owner, epoch, untilMs }) =>
        canonical({
          ...{ account, sequence: sequence?.toString() ?? 'none', owner: owner ?? 'none', epoch },
          untilMs: untilMs === undefined ? null : String(untilMs),
        }),
      )
      .sort()
  const pass = async (ms: number) => {
    nowMs += ms
    await postgres.setTime(nowMs)
  }
  await pass(0)
  return { real, made, pass, channels, held, close: postgres.close }
}

const mustBeMet = [
  ...['take', 'holdBusy', 'stored', 'fenced', 'taken', 'doneAlready', 'bump', 'doubt', 'end', 'lockOf', 'ofDeposit', 'openOn'],
  ...['waiting', 'envelopeOf', 'a law is broken'],
]

const compare = async (from: number, count: number, spoil: (side: Side) => Side = side => side): Promise<Map<string, number>> => {
  const random = randomFrom(from)
  const twins = await startTwins(spoil)
  const past: Past = { orders: [], leases: [], attempts: [] }
  return compareTwins(twins, {
    ...{ seed: from, count, mustBeMet },
    next: async () => {
      await twins.pass(random.pick([1, 1, 50, 200, 6_000]))
      return anyCall(random, past)
    },
    sameAfter: async same => {
      same('the channels after', twins.held(), await twins.channels())
      for (const { key } of past.orders.slice(-20))
        same(`${key} after`, await twins.made.store.byKey(key), await twins.real.store.byKey(key))
    },
    metBy: (name, answer) => (name === 'begin' ? String(answer) : isSomething(answer) ? name : undefined),
  })
}

const isSomething = (answer: unknown): boolean =>
  Array.isArray(answer) ? answer.length > 0 : answer !== undefined && answer !== false

it('keeps for the senders of a Stellar network what Postgres keeps', async () => {
  const met = await compare(seed, calls)
  for (const name of mustBeMet) expect(met.get(name) ?? 0, name).toBeGreaterThan(0)
}, 600_000)

it.each<[string, (side: Side) => Side]>([
  ['a fence that holds nobody', ({ store, ...side }) => ({ ...side, store: { ...store, doubt: async () => true } })],
  [
    'a second lock of one escrow',
    ({ store, ...side }) => ({
      ...side,
      store: { ...store, begin: (lease, order, escrowId, attempt) => store.begin(lease, order, escrowId && order.key, attempt) },
    }),
  ],
  [
    'an end that leaves the number unused',
    ({ store, ...side }) => ({
      ...side,
      store: { ...store, end: (lease, attempt) => store.end(lease, attempt, { fate: 'dead' }) },
    }),
  ],
])(
  'a memory with %s is found out',
  async (_, spoil) => {
    await expect(compare(seed, most, spoil)).rejects.toThrow()
  },
  600_000,
)
