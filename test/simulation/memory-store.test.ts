import { describe, expect, it } from 'vitest'
import { chartFor } from '../../bridge-service/src/ledger/chart.ts'
import type { Step } from '../../bridge-service/src/saga/step.ts'
import { randomFrom } from '../../scripts/fuzz/reorg/random.ts'
import { seed } from '../support/seed.ts'
import { anyCall, emptyPast } from './differential/calls.ts'
import { type Asked, startTwins, type Twins } from './differential/twins.ts'
import type { Side } from './differential/virtual-postgres.ts'

/** `DIFFERENTIAL_CALLS=20000 SEED=… vitest run …` asks for longer. */
const calls = Number(process.env.DIFFERENTIAL_CALLS ?? 200)
const perWorld = 250 // a dump grows with its world
const startMs = Date.parse('2026-03-02T10:00:00.000Z')

/** How often each kind of call was answered with something, and refused with what. */
const met = new Map<string, number>()
const states = new Set<string>()
const note = (name: string, { answer, error }: Asked) => {
  const empty =
    answer === undefined || (Array.isArray(answer) && answer.length === 0) || (answer instanceof Set && answer.size === 0)
  const what = error ?? (empty ? undefined : name)
  if (what !== undefined) met.set(what, (met.get(what) ?? 0) + 1)
}

/** One world: both stores are asked the same random questions until they differ, or enough were asked. */
const compare = async (worldSeed: number, count: number, spoil?: (side: Side) => Side): Promise<void> => {
  const random = randomFrom(worldSeed)
  const twins: Twins = await startTwins(startMs, spoil)
  const past = emptyPast()
  const known = new Set<string>()
  try {
    await twins.ask('the accounts', 0, side =>
      side.openAccounts(
        chartFor({
          banks: [
            { rail: 'bank:sim', currency: 'USD' },
            { rail: 'bank:other', currency: 'USD' },
          ],
          partners: ['EUR'],
          tokens: [
            { chain: 'evm:1', currency: 'USDC' },
            { chain: 'evm:2', currency: 'USDC' },
          ],
        }),
      ),
    )
    for (const [id, total] of [
      ['pool_wide', 10n ** 15n],
      ['pool_narrow', 300_000_000n],
      ['bank:sim:USD', 50_000_000n],
    ] as const)
      await twins.ask('a pool', 0, side => side.openPool({ id, currency: id.endsWith('USD') ? 'USD' : 'USDC', total }))
    for (let n = 0; n < count; n++) {
      // Never the same moment twice, so that what came first came first.
      await twins.pass(random.pick([1, 1, 1, 250, 2_000, 60_000, 3_600_000, 86_400_000]))
      const { name, run } = anyCall(random, twins, past)
      note(name, await twins.ask(`call ${n} of world ${worldSeed}, ${name}`, random.between(0, 2 ** 30), run))
      for (const { transfer } of twins.memory.database.tables.transfers.values()) {
        states.add(`${transfer.route} ${transfer.state}`)
        const name = `${transfer.id} ${transfer.version}`
        if (!known.has(name)) past.transfers.push(transfer)
        known.add(name)
      }
    }
  } finally {
    await twins.close()
  }
}

describe('the store in memory and the one in Postgres', () => {
  it(`answer ${calls} random calls alike, and hold the same after each`, { timeout: calls * 400 }, async () => {
    for (let done = 0; done < calls; done += perWorld) await compare(seed + done, Math.min(perWorld, calls - done))
    console.log(
      `met: ${[...met].map(([what, times]) => `${what} ${times}`).join(', ')}`,
      `\nstates: ${[...states].sort().join(', ')}`,
    )
    // Negative control: two stores that refuse everything would be equal, too.
    for (const name of ['opening', 'stepping', 'claiming', 'reading a statement']) expect(met.get(name), name).toBeGreaterThan(0)
  })
})

/** Stores that are wrong in one thing each. */
const wrong: readonly (readonly [what: string, spoil: (side: Side) => Side])[] = [
  [
    'does not fence a step by its version',
    ({ store, ...side }) => ({
      ...side,
      store: {
        ...store,
        commitSteps: async (steps, lease) => {
          const now = await store.shareVersions(steps.map(({ before }) => before.id))
          const renewed = steps.map(step => ({
            ...step,
            before: { ...step.before, version: now.get(step.before.id) ?? 0 } as Step['before'],
          }))
          return store.commitSteps(renewed, lease)
        },
      },
    }),
  ],
  [
    'forgets the postings of an entry',
    ({ store, ...side }) => ({
      ...side,
      store: {
        ...store,
        commitSteps: (steps, lease) =>
          store.commitSteps(
            steps.map(step => ({ ...step, decision: { ...step.decision, entries: [] } })),
            lease,
          ),
      },
    }),
  ],
  [
    'lends whatever is asked for',
    ({ store, ...side }) => ({
      ...side,
      store: { ...store, inTransaction: work => store.inTransaction(tx => work({ ...tx, limitExposure: async () => {} })) },
    }),
  ],
  [
    'makes no case of money that nobody takes',
    ({ deposits, ...side }) => ({
      ...side,
      deposits: { ...deposits, openCases: chains => deposits.openCases(chains, () => undefined) },
    }),
  ],
  [
    'makes two cases of what lies at an address',
    ({ addresses, ...side }) => ({
      ...side,
      addresses: {
        ...addresses,
        act: async act => {
          await addresses.act(act)
          await addresses.act({ ...act, strays: act.strays.map(stray => ({ ...stray, token: `${stray.token}2` })) })
        },
      },
    }),
  ],
  [
    'keeps of a page only its first line',
    ({ statements, ...side }) => ({
      ...side,
      statements: {
        ...statements,
        keepPage: page => statements.keepPage({ ...page, lines: page.lines.slice(0, 1) }),
      },
    }),
  ],
  [
    'lets a worker give back an intent that is no longer his',
    ({ store, ...side }) => ({
      ...side,
      store: {
        ...store,
        postponeIntent: async ({ key, epoch }, status, delayMs) =>
          (await store.postponeIntent({ key, epoch }, status, delayMs)) ||
          store.postponeIntent({ key, epoch: epoch + 1 }, status, delayMs),
      },
    }),
  ],
]

describe('a store in memory that', () => {
  it.each(wrong)('%s is found out', { timeout: 120_000 }, async (_what, spoil) => {
    // It ends at the first difference, and a rare one took more than a thousand calls with one seed of ten.
    await expect(compare(seed, 5_000, spoil)).rejects.toMatchObject({ name: 'AssertionError' })
  })
})
