import { describe, expect, it, test } from 'vitest'
import { simOptions } from '../../scripts/sim/options.ts'
import { seed } from '../support/seed.ts'
import { catalogue } from './catalogue.ts'
import { judge } from './oracle.ts'
import { planted } from './planted/planted.ts'
import { addSeed, emptyReport } from './report.ts'
import { runWorld } from './world.ts'

describe('the saga in simulated worlds', () => {
  test('a hundred and fifty of them keep every law', async () => {
    const report = emptyReport(seed)
    for (let index = 0; index < 150; index++) await addSeed(report, seed + index)
    expect(report.failures).toEqual([])
    // Negative control: worlds in which nothing went wrong, or nobody was served, would keep the laws, too.
    expect(Object.values(report.faults).filter(({ fired }) => fired > 0).length).toBeGreaterThan(50)
    expect(report.kills).toBeGreaterThan(50)
    expect(report.endings.completed).toBeGreaterThan(50)
    expect(report.endings.compensated).toBeGreaterThan(10)
  }, 240_000)

  test('a seed is the same world each time', async () => {
    const traces = async () => {
      const found: string[] = []
      for (let index = 0; index < 10; index++) found.push((await runWorld(seed + index)).trace)
      return found
    }
    const once = await traces()
    expect(await traces()).toEqual(once)
    expect(new Set(once).size).toBe(once.length)
  }, 120_000)
})

// Without these, an oracle that sees nothing would be content with every house. The others of them: `npm run sim -- --planted`.
describe('a house in which', () => {
  const some = planted.filter((_, index) => index % 4 === 0)

  test.each(some)(
    '$name is found out',
    async bug => {
      for (let at = 1; at <= 100; at++) {
        const { evidence } = await runWorld(at, { ...bug, wanted: bug.shownBy })
        if (judge(evidence).length > 0) return
      }
      expect.unreachable('a hundred worlds found nothing')
    },
    60_000,
  )
})

describe('the catalogue', () => {
  it('has at least sixty faults, each under a name of its own', () => {
    const names = catalogue.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThanOrEqual(60)
    expect(new Set(planted.map(({ name }) => name)).size).toBeGreaterThanOrEqual(20)
  })
})

describe('the command line', () => {
  test('names its seeds', () => {
    expect(simOptions(['--seeds', '300', '--seed', '7', '--json'])).toMatchObject({ seeds: 300, seed: 7, json: true })
    expect(simOptions(['--seed', '7', '--trace'])).toMatchObject({ seeds: 1, seed: 7, trace: true })
    expect(simOptions(['--planted'])).toMatchObject({ seeds: 1_000, seed: 1 })
    expect(simOptions(['--help'])).toBe('help')
  })

  test.each([['--seeds', '0'], ['--seeds', 'x'], ['--seed', '-1'], ['--jobs', '99'], ['--what']])('refuses %s %s', (...args) => {
    expect(() => simOptions(args)).toThrow()
  })
})
