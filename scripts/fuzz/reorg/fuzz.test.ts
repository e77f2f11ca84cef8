import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { seed } from '../../../test/support/seed.ts'
import { findAnvil } from '../../local/anvil.ts'
import { keepJournal } from './journal.ts'
import { fuzzOptions } from './options.ts'
import { fuzz } from './run.ts'
import { planted } from './testing/planted.ts'
import { runWorld, type Surroundings } from './world.ts'

const anvil = findAnvil()
if (anvil === undefined)
  console.error('NOT TESTED: reorgs on anvil. There is none on this machine: install it, or put it on the PATH.')

let closings: (() => Promise<void>)[] = []
/** An indexer's tables, with a journal kept on them. */
const freshTables = async (): Promise<Surroundings> => {
  const database = await freshDatabase()
  const db = new pg.Pool({ connectionString: database.url, max: 4 })
  db.on('error', () => {})
  closings.push(async () => {
    await db.end()
    await database.drop()
  })
  await keepJournal(db)
  return { anvil: anvil ?? '', databaseUrl: database.url, db, patienceMs: 30_000 }
}
afterEach(async () => {
  for (const close of closings) await close()
  closings = []
})

describe.skipIf(anvil === undefined)('worlds of reorgs, restarts and bad nodes', () => {
  test('five of them: nothing missed, nothing phantom, nothing twice', async () => {
    const first = 1 + (seed % 2 ** 30)
    const report = await fuzz({ seeds: 5, seed: first, jobs: 1 }, await freshTables())
    expect(report.failures).toEqual([])
    expect(report).toMatchObject({ firstSeed: first, seeds: 5, missed: 0, phantom: 0, twice: 0, halts: report.deepReorgs })
    expect(report.reorgs).toBeGreaterThan(0)
  }, 240_000)

  test('the same seed is the same chain, whatever the indexer does', async () => {
    const once = await runWorld(4_711, await freshTables())
    const again = await runWorld(4_711, await freshTables())
    expect(again).toMatchObject({ tip: once.tip, depths: once.depths, restarts: once.restarts })
    expect((await runWorld(4_712, await freshTables())).tip).not.toBe(once.tip)
  }, 60_000)
})

// Without these, an oracle that sees nothing would be content with every indexer.
describe.skipIf(anvil === undefined)('an indexer that', () => {
  const worlds = 30

  test.each(planted)(
    '$name is found out',
    async ({ found, sql, ...plant }) => {
      const surroundings = await freshTables()
      if (sql !== undefined) await surroundings.db.query(sql)
      const kinds = new Set<string>()
      for (let seed = 1; seed <= worlds && ![...found].some(kind => kinds.has(kind)); seed++) {
        const { findings } = await runWorld(seed, { ...surroundings, patienceMs: 3_000, planted: plant })
        for (const { kind } of findings) kinds.add(kind)
      }
      expect(
        [...found].filter(kind => kinds.has(kind)),
        `found: ${[...kinds]}`,
      ).not.toEqual([])
      expect([...kinds]).not.toContain('harness')
    },
    120_000,
  )
})

describe('the command line', () => {
  test('names its seeds', () => {
    expect(fuzzOptions(['--seeds', '300', '--seed', '7', '--json'])).toEqual({ seeds: 300, seed: 7, jobs: 2, json: true })
    expect(fuzzOptions(['--seed', '7'])).toMatchObject({ seeds: 1, seed: 7 })
    expect(fuzzOptions([])).toMatchObject({ seeds: 25, json: false })
    expect(fuzzOptions(['--help'])).toBe('help')
  })

  test.each([['--seeds', '0'], ['--seeds', 'x'], ['--seed', '-1'], ['--jobs', '99'], ['--what']])('refuses %s %s', (...args) => {
    expect(() => fuzzOptions(args)).toThrow()
  })
})
